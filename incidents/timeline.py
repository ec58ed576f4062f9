"""From an event to what the page tells of it: a verbal noun, a sentence, an icon, a tone, and who did it.

What a person wrote is `written`; sentences of our own are not. A reader from outside (a provider reading a consumer's
report) is told what was done, and by which side, never by whom.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _

from entities.permissions import AUTHORITY_ROLES, Role
from entities.templatetags.moments import day_time
from entities.templatetags.ticking import short_duration
from incidents.conflicts import acknowledged
from incidents.extended import SENTENCES as EXTENSIONS
from incidents.grouped import SENTENCES as GROUPED
from incidents.handshake import OWNERS
from incidents.handshake import SENTENCES as HANDSHAKE
from incidents.lifecycle import ClockKind, EventKind, Phase, ReportKind, Severity
from incidents.looks import Look, look_of
from incidents.models import FinalReport, Report, ReportEvent
from incidents.offline import on_paper
from incidents.telephoned import SENTENCES as CALLS
from incidents.watched import SENTENCES as WATCHDOGS
from incidents.wording import cadence, moment_of, people, spoken, with_words


@dataclass(frozen=True)
class Entry:
    """One row of the timeline, ready for the page."""

    seq: int
    look: Look
    name: str  # of the person; empty for the system and for readers from outside
    side: str  # the office or the body that acted
    at: datetime
    text: str = ""
    written: bool = False
    phase: str = ""
    late: str = ""
    by_code: bool = False  # done with a one-time code, while Nafath was down
    by_break_glass: bool = False  # done by an emergency access of the authority
    transaction: str = ""  # Nafath's number of the proof by which it was signed
    details: tuple[tuple[str, str], ...] = ()
    recorded_at: datetime | None = None  # only where it was written down later than it happened


#: What the page's filter shows; every reader's first sight is all of it.
FILTERS: dict[str, tuple[str | Promise, Q]] = {
    "all": (pgettext_lazy("timeline", "All"), Q()),
    "updates": (
        pgettext_lazy("timeline", "Updates"),
        Q(kind=EventKind.UPDATED)
        | Q(data__move__in=["restore", "undo_restore", "reopen", "start", "complete", "miss", "extend_window"]),
    ),
    "deeds": (
        pgettext_lazy("timeline", "Deeds"),
        ~Q(kind__in=[EventKind.UPDATED, EventKind.REMINDED, EventKind.WATCHED]),
    ),
}
#: What a reader from outside is told of: what happened to the service, nothing of what was said about it.
OUTSIDE = (
    Q(kind=EventKind.FILED)
    | Q(kind=EventKind.UPDATED, data__visibility="consumers")
    | Q(data__move__in=["acknowledge", "restore", "undo_restore", "reopen", "withdraw", "confirm_withdrawal"])
    | Q(data__move__in=["dismiss", "merge", "undo_merge", "close", *HANDSHAKE])
)
#: Of these a reader from outside reads the words as well.
TOLD_OUTSIDE = frozenset({EventKind.FILED, "update", "stretch_update", *HANDSHAKE})


def tell(
    event: ReportEvent, report: Report, *, outside: bool = False, late: Mapping[datetime, timedelta] | None = None
) -> Entry:
    """One event as the page tells it. `late`: by how much deeds recorded at a moment met their clocks too late."""
    key = event.move or event.kind
    text, written = ("", False) if outside and key not in TOLD_OUTSIDE else _text(key, event, report)
    # What is done by itself is not late: it waited for a person until then.
    late_by = ((late or {}).get(event.recorded_at) or (late or {}).get(event.at)) if event.person else None
    written_later = event.recorded_at - event.at > timedelta(minutes=5)
    name, side = _actor(event, outside=outside)
    return Entry(
        seq=event.seq,
        look=look_of(key, event, report),
        name=name,
        side=side,
        at=event.at,
        text=text,
        written=written,
        phase=_phase(event, report),
        late=_("%(t)s late") % {"t": short_duration(late_by)} if late_by else "",
        by_code=not outside and bool(event.data.get("by_code")),
        by_break_glass=not outside and bool(event.data.get("by_break_glass")),
        transaction="" if outside else str(event.data.get("transaction", "")),
        details=()
        if outside
        else (*on_paper(event.data), *_changes(event.data.get("changed", {})), *acknowledged(event.data)),
        recorded_at=event.recorded_at if written_later else None,
    )


def _actor(event: ReportEvent, *, outside: bool) -> tuple[str, str]:
    if event.person is None:
        return "", _("Automatic")
    if event.move in OWNERS:  # a body speaks to a body: its people are named to nobody
        return "", _("The service's owner")
    authority = event.role in AUTHORITY_ROLES
    if outside:
        return "", _("The authority") if authority else _("The reporting entity")
    role = str(Role(event.role).label) if event.role in Role.values else ""
    arabic = (get_language() or "ar").startswith("ar")
    name_ar, name_en = getattr(event, "actor_ar", None), getattr(event, "actor_en", None)
    name = (name_ar if arabic or not name_en else name_en) or ""
    return name, _("Digital Government Authority") if authority else role


def _phase(event: ReportEvent, report: Report) -> str:
    phase = event.data.get("phase", "")
    shown = event.kind == EventKind.UPDATED and report.kind != ReportKind.MAINTENANCE
    return str(Phase(phase).label) if shown and phase in Phase.values else ""


# --- Sentences ------------------------------------------------------------------------------------------------


def _text(key: str, event: ReportEvent, report: Report) -> tuple[str, bool]:
    """The words under the title, and whether a person wrote them."""
    if sentence := SENTENCES.get(key):
        return sentence(event, report), False
    if key == EventKind.FILED:
        return report.summary, True
    return str(event.data.get("message") or event.data.get("note") or ""), True


def _acknowledged(event: ReportEvent, report: Report) -> str:
    every = cadence(report)
    if event.data.get("incident"):
        said = format_html(_("With {}, of which it is a part."), format_html("<bdi>{}</bdi>", event.data["incident"]))
        return format_html("{} {}", said, _cadence(every)) if every else said
    return _cadence(every) if every else ""


def _cadence(every: str) -> str:
    return _("Updates are owed %(every)s until the service is back.") % {"every": every}


def _restored(event: ReportEvent, report: Report) -> str:
    moment = moment_of(event.data.get("restored_at"))
    back = format_html(_("Back since {}."), day_time(moment)) if moment else ""
    if event.data.get("automatic"):
        return format_html("{} {}", back, _("By the owner's word: nobody here confirmed it within a day."))
    return with_words(back, event)


def _closed(event: ReportEvent, report: Report) -> str:
    return _("With the owner's outage, which is closed.") if event.data.get("automatic") else with_words("", event)


def _started(event: ReportEvent, report: Report) -> str:
    return _("At its hour, as announced.") if event.person is None else with_words("", event)


def _missed(event: ReportEvent, report: Report) -> str:
    return _("The window passed without a start. The entity cancels the maintenance, or chooses another window.")


def _return_asked(event: ReportEvent, report: Report) -> str:
    return _("The owner reports that its service is back. After a day without an answer this counts as confirmed.")


def _owner_linked(event: ReportEvent, report: Report) -> str:
    reference = format_html('<bdi dir="ltr">{}</bdi>', event.data.get("owner_reference", ""))
    return format_html(_("The owner has reported the outage: {}. Its updates reach your team."), reference)


def _extended_window(event: ReportEvent, report: Report) -> str:
    old, new = (moment_of(event.data.get(name)) for name in ("old", "new"))
    if old is None or new is None:
        return with_words("", event)
    return with_words(format_html(_("The end moves from {} to {}."), day_time(old), day_time(new)), event)


def _completed(event: ReportEvent, report: Report) -> str:
    moment, outcome = moment_of(event.data.get("actual_end")), str(event.data.get("outcome", ""))
    label = FinalReport.Outcome(outcome).label if outcome in FinalReport.Outcome.values else ""
    return with_words(
        format_html(_("Ended at {}. Outcome: {}."), day_time(moment), label) if moment else str(label), event
    )


def _rescheduled(event: ReportEvent, report: Report) -> str:
    old, new = ([moment_of(text) for text in event.data.get(name, [])[:2]] for name in ("old", "new"))
    if len(old) != 2 or len(new) != 2:
        return with_words("", event)
    moments = (day_time(moment) for moment in (*old, *new))
    return with_words(format_html(_("From {} – {} to {} – {}."), *moments), event)


def _severity(event: ReportEvent, report: Report) -> str:
    before, after = (Severity(event.data[side]).label for side in ("before", "after"))
    return with_words(_("From “%(before)s” to “%(after)s”.") % {"before": before, "after": after}, event)


def _asked(event: ReportEvent, report: Report) -> str:
    return with_words(_("Urgent: an answer within 60 minutes.") if event.data.get("urgent") else "", event)


def _attached(event: ReportEvent, report: Report) -> str:
    return format_html("<bdi>{}</bdi>", event.data.get("name", ""))


def _unchanged(event: ReportEvent, report: Report) -> str:
    if event.data.get("no_change"):
        return _("The situation is as it was; work goes on.")
    return format_html('<span dir="auto">{}</span>', event.data.get("message", ""))


def _reminded(event: ReportEvent, report: Report) -> str:
    clock, due_at = str(event.data.get("clock", "")), moment_of(event.data.get("due_at"))
    if clock not in ClockKind.values or due_at is None:
        return ""
    words = {"clock": ClockKind(clock).label, "time": day_time(due_at)}
    if event.mark.startswith(("before", "at-")):
        sentence = format_html(_("“{clock}” falls due at {time}."), **words)
    elif event.mark == "due":
        sentence = format_html(_("“{clock}” fell due at {time}."), **words)
    else:
        sentence = format_html(_("“{clock}” has been overdue since {time}."), **words)
    heard = people(report.policy.rules.heard_by(clock, [*event.data.get("missed", []), event.mark]))
    sent = _("Sent to %(people)s.") % {"people": heard} if heard else ""
    return format_html("{} {}", sentence, sent)


def _named(event: ReportEvent, report: Report) -> str:
    """What was typed when it was filed, and what it is; the severity it suggests is the reviewer's to judge."""
    arabic = (get_language() or "ar").startswith("ar")
    service, entity = event.data["ar" if arabic else "en"]
    said = format_html(
        _("“{typed}” is “{service}” of {entity}."), typed=event.data["typed"], service=service, entity=entity
    )
    suggested = event.data.get("suggested")
    if suggested not in Severity.values or suggested == event.data.get("severity"):
        return said
    return format_html(_("{} Its tier suggests the severity “{}”."), said, Severity(suggested).label)


def _merged(event: ReportEvent, report: Report) -> str:
    """The other report's reference, and why; both belong to one entity."""
    reference = event.data.get("into") or event.data.get("folded", "")
    return with_words(format_html('<bdi class="ref" dir="ltr">{}</bdi>', reference), event)


def _corrected(event: ReportEvent, report: Report) -> str:
    return with_words(format_html("<bdi>{}</bdi>", event.data.get("action", "")), event)


def _identified(event: ReportEvent, report: Report) -> str:
    return _("Whoever came in with a code has signed in with Nafath since.")


SENTENCES: dict[str, Callable[[ReportEvent, Report], str]] = {
    **WATCHDOGS,
    **CALLS,
    **EXTENSIONS,
    **HANDSHAKE,
    **GROUPED,
    "acknowledge": _acknowledged,
    "restore": _restored,
    "close": _closed,
    "start": _started,
    "miss": _missed,
    "extend_window": _extended_window,
    "link_owner": _owner_linked,
    "ask_return": _return_asked,
    "complete": _completed,
    "reschedule": _rescheduled,
    "change_severity": _severity,
    "ask": _asked,
    "attach": _attached,
    "report_action": _corrected,
    "verify_action": _corrected,
    "return_action": _corrected,
    "merge": _merged,
    "undo_merge": _merged,
    EventKind.FOLDED: _merged,
    EventKind.UNFOLDED: _merged,
    "update": _unchanged,
    EventKind.REMINDED: _reminded,
    EventKind.NAMED: _named,
    EventKind.IDENTIFIED: _identified,
}


# --- What an update brought up to date ----------------------------------------------------------------------------

_QUIET = {"users_affected_est", "upstream_service"}


def _details(event: ReportEvent) -> Iterable[tuple[str, str]]:
    return *on_paper(event.data), *_changes(event.data.get("changed", {})), *acknowledged(event.data)


def _changes(changed: dict[str, list[Any]]) -> Iterable[tuple[str, str]]:
    for name, pair in changed.items():
        if name in _QUIET or len(pair) != 2:
            continue
        yield str(Report._meta.get_field(name).verbose_name), spoken(name, pair[1])  # type: ignore[union-attr]  # a column
