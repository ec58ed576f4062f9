"""The window of a maintenance as an entry for a calendar (RFC 5545), published and called off as RFC 5546 says.

It goes with mails, so it holds what the mail says and no word that somebody typed (docs/adr/0008): the catalogue's
names, the window, the expected downtime. A feed holds the same of several (docs/adr/0034).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from entities.models import DigitalService
from entities.templatetags.moments import stretch
from entities.text import clean
from incidents.lifecycle import Status
from incidents.models import Report
from incidents.severity import MaintenanceImpact

LONGEST_LINE = 75  # octets
#: The deeds that a calendar must take over; each raises the entry's SEQUENCE.
CHANGES = ("reschedule", "extend_window", "cancel")
#: How often a program looks again by itself, as the two ways of saying it have it (RFC 7986, and before it).
REFRESH = ("REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H")
#: The status of the maintenance notice; once the works are over, whatever is still owed of them, they are completed.
NOTED_AS = {
    Status.SCHEDULED: "CONFIRMED",
    Status.IN_PROGRESS: "IN-PROCESS",
    Status.CANCELLED: "CANCELLED",
}


@dataclass(frozen=True)
class CalendarFile:
    name: str
    content: str


@dataclass(frozen=True)
class Notice:
    """One maintenance as a calendar holds it: of its report the columns, of its services those the reader may know."""

    report: Report
    services: Sequence[DigitalService]
    impact: str  # the worst of these services
    revision: int
    changed_at: datetime


def calendar_file(report: Report, *, at: datetime) -> CalendarFile:
    """The maintenance as it stands, in the active language. `at` is the moment the file is made."""
    affected = {each.service_id: each.impact for each in report.affected.all()}
    impact = worst_of(affected.values())
    notice = Notice(report, [report.main_service], impact, _revision(report), at)
    method = "CANCEL" if report.status == Status.CANCELLED else "PUBLISH"  # RFC 5546, 3.2.1 and 4.1.4
    return CalendarFile(f"{report.reference}.ics", written([notice], method=method))


def written(notices: Iterable[Notice], *, method: str = "PUBLISH", name: str = "") -> str:
    """A calendar of these notices. `name` is what a program calls it that subscribes to it."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Digital Government Authority//Outage Reporting Portal//EN",
        "CALSCALE:GREGORIAN",
        f"METHOD:{method}",
        *([f"NAME:{_text(name)}", f"X-WR-CALNAME:{_text(name)}", *REFRESH] if name else []),
        *(line for notice in notices for line in _entry(notice)),
        "END:VCALENDAR",
    ]
    return "".join(_fold(line) + "\r\n" for line in lines)


def worst_of(impacts: Iterable[str]) -> str:
    """The worst of several, as the maintenance notice names it."""
    order = list(reversed(MaintenanceImpact.values))
    return min(impacts, key=order.index, default=MaintenanceImpact.NO_IMPACT.value)


def _entry(notice: Notice) -> Iterator[str]:
    report, called_off = notice.report, notice.report.status == Status.CANCELLED
    services = _(", ").join(service.name for service in notice.services)
    says = [
        (_("Reference"), report.reference),
        (_("Entity"), report.entity.name),
        (_("Service"), services),
        (_("Expected downtime"), stretch(report.expected_outage_minutes)),
    ]
    description = [f"{label}: {value}" for label, value in says if value]
    if settings.DEMO:
        description.append(_("Demo data: every report and every person in it is fictional."))
    yield from (
        "BEGIN:VEVENT",
        f"UID:{report.reference}@{urlsplit(settings.PORTAL_ORIGIN).hostname}",
        f"ORGANIZER:mailto:{settings.SUPPORT_EMAIL}",
        f"SEQUENCE:{notice.revision}",
        f"DTSTAMP:{_utc(notice.changed_at)}",
        f"DTSTART:{_utc(report.window_start or report.began_at)}",
        f"DTEND:{_utc(report.agreed_end or report.began_at)}",
        f"STATUS:{'CANCELLED' if called_off else 'CONFIRMED'}",
        "TRANSP:TRANSPARENT",  # it is a service that is busy then, not the reader
        f"SUMMARY:{_text(_('Maintenance of “%(service)s”') % {'service': services})}",
        f"DESCRIPTION:{_text(chr(10).join(description))}",
        *_maintenance_fields(notice),
        "END:VEVENT",
    )


def _maintenance_fields(notice: Notice) -> Iterator[str]:
    """What a machine reads of it: draft-gunter-calext-maintenance-notifications, 2."""
    report = notice.report
    yield f"X-MAINTNOTE-PROVIDER:{urlsplit(settings.PORTAL_ORIGIN).hostname}"
    yield f"X-MAINTNOTE-ACCOUNT:{report.entity.code}"
    yield f"X-MAINTNOTE-MAINTENANCE-ID:{report.reference}"
    for service in notice.services:
        yield f"X-MAINTNOTE-OBJECT-ID;X-MAINTNOTE-OBJECT-KIND=service:{report.entity.code}/{service.code}"
    yield f"X-MAINTNOTE-IMPACT:{notice.impact}"
    yield f"X-MAINTNOTE-STATUS:{NOTED_AS.get(Status(report.status), 'COMPLETED')}"


def _revision(report: Report) -> int:
    """How often the window was changed: another one, a later end, or none any more."""
    return report.events.filter(data__move__in=CHANGES).count()


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n")):
        value = value.replace(plain, escaped)
    return clean(value.replace("\r", ""))


def _fold(line: str) -> str:
    """In lines of 75 octets at most, no letter cut in two; each but the first begins with a space."""
    folded, width = "", 0
    for letter in line:
        size = len(letter.encode())
        if width + size > LONGEST_LINE:
            folded, width = folded + "\r\n ", 1
        folded, width = folded + letter, width + size
    return folded
