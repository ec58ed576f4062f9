"""What a report's history says of the incident it stands under."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from incidents.models import Report, ReportEvent


def _reference(event: ReportEvent) -> str:
    return format_html('<bdi class="ref" dir="ltr">{}</bdi>', event.data.get("incident", ""))


def _linked(event: ReportEvent, report: Report) -> str:
    return format_html(
        _("The authority leads it together with others of the same cause: {}. You end it as any other."),
        _reference(event),
    )


def _unlinked(event: ReportEvent, report: Report) -> str:
    if event.data.get("closed"):
        return format_html(_("{} is closed. This report goes on by itself."), _reference(event))
    return format_html(_("It is led by itself again, not with {}."), _reference(event))


def _echoed(event: ReportEvent, report: Report) -> str:
    """In the reader's language: a lead has written both."""
    arabic = (get_language() or "ar").startswith("ar")
    words = event.data.get("note") if arabic else event.data.get("en") or event.data.get("note")
    return format_html('<span dir="auto">{}</span>', words)


#: By the deed's name in the lifecycle table.
SENTENCES: dict[str, Callable[[ReportEvent, Report], str]] = {
    "link": _linked,
    "unlink": _unlinked,
    "echo": _echoed,
}
