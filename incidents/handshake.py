"""What the log says of the handshake over a consumed service: the owner's answer, and the authority's ruling."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from incidents.lifecycle import Ruling, Verdict
from incidents.models import Report, ReportEvent
from incidents.wording import with_words

#: Deeds of the service's owner.
OWNERS = frozenset({"verdict", "dispute"})
ANSWERS: dict[str, Promise] = {
    Verdict.CONFIRMED: _("The owner confirms that the service is down on its side."),
    Verdict.KNOWN: _("The owner knows of it, and has reported it."),
    Verdict.PLANNED: _("It is planned work of the owner's, which was announced."),
    Verdict.NOT_OURS: _("The owner says that the fault is not on its side."),
    Verdict.NOT_REPRODUCED: _("The owner has looked, and found the service working."),
}
RULINGS: dict[str, Promise] = {
    Ruling.PROVIDER: _("The authority finds the fault on the side of the service's owner."),
    Ruling.LOCAL: _("The authority finds the fault on the side of the reporting entity."),
}


def _answered(event: ReportEvent, report: Report) -> str:
    said, link = str(ANSWERS.get(event.data.get("verdict", ""), "")), event.data.get("link")
    if link:
        said = format_html('{} <span class="ref" dir="ltr">{}</span>', said, link)
    return with_words(said, event)


def _ruled(event: ReportEvent, report: Report) -> str:
    return with_words(str(RULINGS.get(event.data.get("ruling", ""), "")), event)


#: By the deed's name in the lifecycle table.
SENTENCES: dict[str, Callable[[ReportEvent, Report], str]] = {
    "verdict": _answered,
    "dispute": _answered,
    "rule": _ruled,
}
