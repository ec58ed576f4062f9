"""The window of a maintenance as an entry for a calendar (RFC 5545), published and called off as RFC 5546 says.

It goes with mails, so it holds what the mail says and no word that somebody typed (docs/adr/0008): the catalogue's
names, the window, the expected downtime.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from entities.templatetags.moments import stretch
from entities.text import clean
from incidents.lifecycle import Status
from incidents.models import Report

LONGEST_LINE = 75  # octets
#: The deeds that a calendar must take over; each raises the entry's SEQUENCE.
CHANGES = ("reschedule", "extend_window", "cancel")


@dataclass(frozen=True)
class CalendarFile:
    name: str
    content: str


def calendar_file(report: Report, *, at: datetime) -> CalendarFile:
    """The maintenance as it stands, in the active language. `at` is the moment the file is made."""
    called_off = report.status == Status.CANCELLED
    says = [
        (_("Reference"), report.reference),
        (_("Entity"), report.entity.name),
        (_("Service"), report.main_service.name),
        (_("Expected downtime"), stretch(report.expected_outage_minutes)),
    ]
    description = [f"{label}: {value}" for label, value in says if value]
    if settings.DEMO:
        description.append(_("Demo data: every report and every person in it is fictional."))
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Digital Government Authority//Outage Reporting Portal//EN",
        "CALSCALE:GREGORIAN",
        f"METHOD:{'CANCEL' if called_off else 'PUBLISH'}",  # RFC 5546, 3.2.1 and 4.1.4
        "BEGIN:VEVENT",
        f"UID:{report.reference}@{urlsplit(settings.PORTAL_ORIGIN).hostname}",
        f"ORGANIZER:mailto:{settings.SUPPORT_EMAIL}",
        f"SEQUENCE:{_revision(report)}",
        f"DTSTAMP:{_utc(at)}",
        f"DTSTART:{_utc(report.window_start or report.began_at)}",
        f"DTEND:{_utc(report.agreed_end or report.began_at)}",
        f"STATUS:{'CANCELLED' if called_off else 'CONFIRMED'}",
        "TRANSP:TRANSPARENT",  # it is a service that is busy then, not the reader
        f"SUMMARY:{_text(_('Maintenance of “%(service)s”') % {'service': report.main_service.name})}",
        f"DESCRIPTION:{_text(chr(10).join(description))}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return CalendarFile(f"{report.reference}.ics", "".join(_fold(line) + "\r\n" for line in lines))


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
