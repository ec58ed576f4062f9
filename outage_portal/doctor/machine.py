"""This machine and this release: settings, keys, files, folders, catalogues."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import WARNING, run_checks
from django.utils import timezone, translation
from django.utils.translation import gettext

from entities import encryption
from nafath_auth.rotation import digest_key_names, people_by_key
from outage_portal.doctor.finding import Finding, judged

#: Below this an upload of the largest size, or a night's archive, may find no room, in bytes.
LEAST_ROOM = 2 * 1024**3


def deployment() -> Iterator[Finding]:
    """What Django's own checks and ours say of the settings; those that look at the database are asked apart."""
    place = "production" if settings.PRODUCTION else "local"
    yield judged("PORTAL_ENV", place, well=settings.PRODUCTION, mend="Set PORTAL_ENV=production where others reach it.")
    for each in run_checks(include_deployment_checks=True):
        if each.level >= WARNING and not each.is_silenced():
            yield Finding(f"check {each.id}", " ".join(each.msg.split()), each.hint or "See Django's system checks.")
    yield judged(
        "alarms", "/metrics answers nobody" if not settings.METRICS_TOKEN else "/metrics answers its token",
        well=settings.METRICS_TOKEN, mend="Set METRICS_TOKEN, and let Prometheus ask /metrics with it.",
    )  # fmt: skip
    yield Finding("privacy notice", f"version {settings.PRIVACY_NOTICE_VERSION}, to {settings.PRIVACY_OFFICER_EMAIL}")


def secret_keys() -> Iterator[Finding]:
    """Their names; of a secret not a letter, nor how old it is, which only its name can tell."""
    current, *older = digest_key_names()
    people = people_by_key()
    found = f"{current} first" + "".join(f", {name} for {people[name]} people" for name in older)
    gone = sorted(set(people) - {current, *older} - {"gone"})
    cannot = sum(people[name] for name in gone)
    mend = f"Put back {', '.join(gone)}: {cannot} people cannot sign in without."
    yield judged("digest keys", found, well=not gone, mend=mend)
    idle = [name for name in older if not people[name]]
    if idle:
        yield Finding("digest keys without people", ", ".join(idle), "Take them out of NID_DIGEST_KEYS.")
    current, *older = encryption.key_names()
    found = f"{current} first" + "".join(f", {name} behind" for name in older)
    mend = "Run 'manage.py rotate_keys', and take the older ones out 8 hours later (docs/operations.md)."
    yield judged("encryption keys", found, well=not older, mend=mend)


def files() -> Iterator[Finding]:
    yield from _folder("uploads", settings.MEDIA_ROOT, "MEDIA_ROOT")
    yield from _folder("archive of the security log", settings.AUDIT_ARCHIVE_ROOT, "AUDIT_ARCHIVE_ROOT")
    yield from _folder("temporary files", Path(tempfile.gettempdir()), "TMPDIR")
    inside = Path(settings.MEDIA_ROOT).resolve().is_relative_to(Path(settings.STATIC_ROOT).resolve())
    mend = "Move MEDIA_ROOT out of the folder that is served to everybody."
    yield judged("uploads apart from static files", "no" if inside else "yes", well=not inside, mend=mend)
    yield _static()


def _folder(what: str, folder: Path, name: str) -> Iterator[Finding]:
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-"):
            pass
        room = shutil.disk_usage(folder).free
    except OSError as error:
        mend = f"Make the folder that {name} names, for the portal's account, on a disk with room."
        yield Finding(what, f"{type(error).__name__}", mend)
        return
    mend = f"Make room on the disk of {name}: an upload that finds none is answered 507."
    yield judged(what, f"writable, {room / 1024**3:.1f} GB free", well=room >= LEAST_ROOM, mend=mend)


def _static() -> Finding:
    """In production every file has its address in the manifest, or the page that names it is a 500."""
    hashed = getattr(staticfiles_storage, "hashed_files", None)
    if hashed is None:
        return Finding("static files", "served as they lie, without a manifest")
    ours = [path for finder in get_finders() for path, _storage in finder.list([])]
    missing = sorted(path for path in ours if path not in hashed)
    found = f"{len(ours) - len(missing)} of {len(ours)} in the manifest"
    return judged("static files", found, well=not missing, mend="Run 'manage.py collectstatic' of this release.")


def release() -> Iterator[Finding]:
    """What is installed beside the code."""
    with translation.override("ar"):
        is_arabic = gettext("Report") != "Report"
    mend = "Deploy the .mo files too, or run 'make messages': every page is English now."
    yield judged("Arabic catalogue", "compiled" if is_arabic else "missing", well=is_arabic, mend=mend)
    zone = ""
    with suppress(ZoneInfoNotFoundError):
        zone = f"{datetime.now(ZoneInfo(settings.TIME_ZONE)):%z}"
    yield judged("time zone", f"{settings.TIME_ZONE} {zone}", well=zone == "+0300", mend="Install tzdata.")
    yield judged("the clock", f"{timezone.localtime():%Y-%m-%d %H:%M:%S}", well=True, mend="")
    yield _pdf()


def _pdf() -> Finding:
    try:
        import weasyprint  # noqa: F401  # it looks for Pango when it is imported
    except OSError:
        mend = "Install Pango and HarfBuzz (libpangoft2-1.0-0, libharfbuzz-subset0): until then pages are printed."
        return Finding("PDFs", "Pango was not found", mend)
    return Finding("PDFs", "made by WeasyPrint")
