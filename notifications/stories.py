"""What a message says, in the active language: what happened, the facts, what must be done and by when, and the links.

Nothing a person typed stands in a story: mails and SMS pass through foreign hands, so what was written is read in the
portal (S1 mails above all: quality/reliability.md, 2.9). The names of services and entities are the catalogue's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from entities.models import Membership, Notice
from entities.templatetags.moments import stretch
from incidents.contacts import REVIEWERS
from incidents.lifecycle import ClockKind, EventKind, ReportKind, Ruling, Severity, Verdict
from incidents.looks import LOOKS
from incidents.models import Clock, ReportEvent
from incidents.watched import watched
from notifications import notices
from notifications.audiences import Side, key_of
from notifications.duties import CONSUMER_REMINDERS, DUTIES, NOTICE_DUTIES, TOGETHER, UNTIMED
from notifications.ladders import is_shared
from notifications.models import Delivery
from notifications.paths import path_of
from notifications.recipients import side_of, waits_on
from notifications.typed import unsent_since

C = ClockKind


@dataclass(frozen=True)
class Story:
    """All a message needs, in one language; addresses are paths of the portal."""

    headline: str
    reference: str
    facts: tuple[tuple[str, str], ...]
    duty: str  # empty: nothing is required
    due: str  # the moment in words; empty: none
    is_late: bool
    short_duty: str  # for an SMS: what is owed and when, in two or three words
    path: str
    guide: str


#: Headlines that differ by the reader; the others are the timeline's titles.
HEADLINES: dict[tuple[str, Side], Promise] = {
    ("FILED:OUT", Side.OWN): gettext_lazy("Your entity's report has arrived"),
    ("FILED:OUT", Side.AUTHORITY): gettext_lazy("New outage report"),
    ("FILED:OUT", Side.CONSUMER): gettext_lazy("Outage of a service you rely on: its owner has reported it"),
    ("FILED:MNT", Side.OWN): gettext_lazy("Your entity's maintenance notice has arrived"),
    ("FILED:MNT", Side.AUTHORITY): gettext_lazy("New maintenance notice"),
    ("FILED:MNT", Side.CONSUMER): gettext_lazy("Maintenance of a service you rely on"),
    ("FILED:DEP", Side.OWN): gettext_lazy("Your entity's report has arrived"),
    ("FILED:DEP", Side.AUTHORITY): gettext_lazy("New report of a consumed service's outage"),
    ("FILED:DEP", Side.PROVIDER): gettext_lazy("Another entity reports an outage of your service"),
    (EventKind.NAMED, Side.PROVIDER): gettext_lazy("Another entity reports an outage of your service"),
    ("verdict", Side.OWN): gettext_lazy("The service's owner has answered your report"),
    ("dispute", Side.OWN): gettext_lazy("The service's owner says that the fault is not on its side"),
    ("dispute", Side.AUTHORITY): gettext_lazy("A service's owner disputes a report"),
    ("rule", Side.OWN): gettext_lazy("The authority has ruled on your report"),
    ("rule", Side.PROVIDER): gettext_lazy("The authority has ruled on the report about your service"),
    ("update", Side.CONSUMER): gettext_lazy("Update on the outage of a service you rely on"),
    ("stretch_update", Side.CONSUMER): gettext_lazy("The next update on a service you rely on comes later"),
    ("ask", Side.OWN): gettext_lazy("Question from the authority"),
    ("raise_concern", Side.OWN): gettext_lazy("Concern of the authority about the maintenance"),
    ("answer", Side.AUTHORITY): gettext_lazy("Answer of the entity"),
    ("assign", Side.AUTHORITY): gettext_lazy("A report to follow"),
}
NOTICE_HEADLINES: dict[str, Promise] = {
    Notice.Kind.DRAFT_WAITS: gettext_lazy("A report was begun and not sent"),
    Notice.Kind.TEAM_STALE: gettext_lazy("The crisis team's contact data must be confirmed"),
    Notice.Kind.TEAM_CHANGED: gettext_lazy("The crisis team has changed"),
    Notice.Kind.CODE: gettext_lazy("Your one-time code for the outage portal"),
    Notice.Kind.INCIDENT_OPENED: gettext_lazy("Many entities report the same provider: an incident was opened"),
    Notice.Kind.SITUATION_WAITS: gettext_lazy("A situation report waits to be sent"),
    Notice.Kind.SITUATION_SENT: gettext_lazy("Situation report on an incident"),
    Notice.Kind.CORRECTION_ASKED: gettext_lazy("A correction of personal data is asked for"),
    Notice.Kind.DEPENDENCY_DENIED: gettext_lazy("A provider denies that your service relies on its own"),
    Notice.Kind.POLICY_WAITS: gettext_lazy("A version of the policy awaits a second admin"),
    Notice.Kind.MESSAGES_MISSING: gettext_lazy("What should have been told and was not"),
    Notice.Kind.SILENT_OUTAGE: gettext_lazy("An outage of your service is suspected"),
    Notice.Kind.SILENT_DENIED: gettext_lazy("The owner sees nothing wrong"),
}
#: The paragraph of the guide that helps with what is owed, or with the kind.
GUIDE: dict[str, str] = {
    C.C3: "update", C.C4: "update", C.C5: "interim-report",
    C.C6: "final-report", C.C7: "final-report", C.C8: "final-report", C.C9: "corrective-actions",
    C.M3: "maintenance", C.M4: "maintenance", C.D1: "owners-answer", C.D2: "owners-answer",
    C.D3: "consumed-outage",
    ReportKind.OWN_OUTAGE: "own-outage", ReportKind.MAINTENANCE: "maintenance",
    ReportKind.CONSUMED_OUTAGE: "consumed-outage",
}  # fmt: skip


def headline(delivery: Delivery) -> str:
    """What happened, in a few words."""
    if delivery.event is None:
        notice = delivery.notice
        if notice is None:
            return ""
        return notices.headline(notice) or str(NOTICE_HEADLINES[notice.kind])
    event, side = delivery.event, side_of(delivery.event.report, delivery.membership)
    if event.kind == EventKind.REMINDED:
        return str(CONSUMER_REMINDERS[event.data["clock"]][0]) if side == Side.CONSUMER else _reminder(event, side)
    key = key_of(event)
    if key == "watch":
        return watched(event.mark)
    return str(HEADLINES.get((key, side)) or LOOKS[key].title)


def _reminder(event: ReportEvent, side: Side) -> str:
    duty = {"duty": _duty(event, event.data["clock"], side)}
    if event.mark.startswith(("before", "at-")):
        return _("Soon due: %(duty)s") % duty
    return (_("Due now: %(duty)s") if event.mark == "due" else _("Overdue: %(duty)s")) % duty


def _duty(event: ReportEvent, clock: str, side: Side) -> Promise:
    """What a clock wants done; of reports that are led together, once for all of them."""
    together = side == Side.AUTHORITY and is_shared(event)
    return TOGETHER.get(clock, DUTIES[clock]) if together else DUTIES[clock]


def story_of(delivery: Delivery, *, at: datetime) -> Story:
    """The whole message in the active language. Reads the report's clocks: prefetch them for several languages."""
    if delivery.event is not None:
        return _story_of_event(delivery, delivery.event, at=at)
    if delivery.notice is not None:
        return _story_of_notice(delivery, delivery.notice)
    raise ValueError(f"delivery {delivery.pk} tells of nothing")


# --- Of an event ------------------------------------------------------------------------------------------------


def _story_of_event(delivery: Delivery, event: ReportEvent, *, at: datetime) -> Story:
    report, side = event.report, side_of(event.report, delivery.membership)
    clock = _owed(event, side, delivery.membership)
    untimed = _untimed(event, side)
    due = full(clock.due_at) if clock else ""
    label = ClockKind(clock.kind).label if clock and event.kind != EventKind.REMINDED else _("Due")
    short = f"{label}: {brief(clock.due_at)}" if clock else ""
    begun = unsent_since(delivery)
    topic = GUIDE.get(clock.kind, "") if clock else ""
    return Story(
        headline=headline(delivery),
        reference=_reference(event, side),
        facts=tuple(_facts(event, side)),
        duty=_begun(begun) if begun else str(_duty(event, clock.kind, side) if clock else untimed),
        due=due,
        is_late=clock is not None and clock.due_at < at,
        short_duty=_("%(due)s (begun, unsent)") % {"due": short} if begun else short,
        path=path_of(delivery),
        guide=f"{reverse('guide')}#{topic or GUIDE[_REPORTS_AS.get(side, report.kind)]}",
    )


def _begun(at: datetime) -> str:
    return _("Send the update that was begun at %(at)s and has not been sent") % {"at": brief(at)}


def _reference(event: ReportEvent, side: Side) -> str:
    incident = event.report.incident if side == Side.AUTHORITY and is_shared(event) else None
    return incident.reference if incident else event.report.reference


def _untimed(event: ReportEvent, side: Side) -> Promise | str:
    """What is asked of a reader for whom no clock runs."""
    if event.kind == EventKind.REMINDED and side == Side.CONSUMER:
        return CONSUMER_REMINDERS[event.data["clock"]][1]
    return UNTIMED.get((key_of(event), side), "")


#: The other end of a report files a report of another kind, if any.
_REPORTS_AS = {Side.PROVIDER: ReportKind.OWN_OUTAGE, Side.CONSUMER: ReportKind.CONSUMED_OUTAGE}


def _follows_alone(event: ReportEvent, reader: Membership) -> bool:
    """Somebody of the authority who hears of the report because she asked to: another one owes what is owed."""
    if side_of(event.report, reader) != Side.AUTHORITY:
        return False
    return reader.role not in REVIEWERS or event.report.reviewer_id not in {None, reader.user_id}


def _owed(event: ReportEvent, side: Side, reader: Membership) -> Clock | None:
    """The clock a message is about: the reminder's, the question's, else what the reader's side owes first."""
    if event.kind == EventKind.REMINDED:
        return None if side == Side.CONSUMER else event.clock
    if side == Side.CONSUMER or _follows_alone(event, reader):
        return None
    if (key_of(event), side) in UNTIMED and side != Side.PROVIDER:
        return None
    running = [
        clock
        for clock in event.report.clocks.all()
        if not (clock.met_at or clock.cancelled_at or clock.paused_at)
        and clock.kind in DUTIES
        and waits_on(clock.kind) == side
    ]
    asked = [clock for clock in running if clock.kind == C.C4 and clock.subject == event.seq]
    if event.move == "return_action":
        asked = [clock for clock in running if clock.kind == C.C9 and clock.subject == event.data.get("number")]
    if event.move == "dispute":
        asked = [clock for clock in running if clock.kind == C.D2]
    return min(asked or running, key=lambda clock: clock.due_at, default=None)


def _facts(event: ReportEvent, side: Side) -> Iterator[tuple[str, str]]:
    """What every message says (domain/lifecycle.md), and what this one adds."""
    report = event.report
    if side == Side.AUTHORITY and is_shared(event):
        yield _("For all reports of the incident"), _("first of them: %(reference)s") % {"reference": report.reference}
    hidden = side == Side.PROVIDER and not report.share_identity
    yield _("Entity"), _("Not named, at its own wish") if hidden else report.entity.name
    yield _("Service"), report.main_service.name_outside
    yield _("Severity"), f"{Severity(report.severity).label} (S{report.severity})"
    if report.kind == ReportKind.MAINTENANCE:
        yield _("Status"), report.get_status_display()
        yield from _window(event)
    else:
        yield _("Phase"), report.get_phase_display()
    if report.expected_restoration_at and report.restored_at is None:
        yield _("Expected restoration"), full(report.expected_restoration_at)
    if event.move == "stretch_update":
        yield _("Next update by"), full(datetime.fromisoformat(event.data["new"]))
    if event.move in {"verdict", "dispute"}:
        yield _("Owner's answer"), str(Verdict(event.data["verdict"]).label)
        if link := event.data.get("link"):
            yield _("The owner's report"), link
    if event.move == "rule":
        yield _("Ruling"), str(Ruling(event.data["ruling"]).label)
    if event.move == "acknowledge" and side == Side.OWN and report.reviewer:
        yield _("Reviewer"), report.reviewer.name


def _window(event: ReportEvent) -> Iterator[tuple[str, str]]:
    report = event.report
    if event.kind == EventKind.RESCHEDULED and len(event.data.get("old", ())) == 2:
        start, end = (datetime.fromisoformat(text) for text in event.data["old"])
        yield _("Window before"), _("%(start)s to %(end)s") % {"start": full(start), "end": full(end)}
    if report.window_start and report.agreed_end:
        moments = {"start": full(report.window_start), "end": full(report.agreed_end)}
        yield _("Window"), _("%(start)s to %(end)s") % moments
    if report.expected_outage_minutes is not None:
        yield _("Expected downtime"), stretch(report.expected_outage_minutes)


# --- Of a notice ------------------------------------------------------------------------------------------------


def _story_of_notice(delivery: Delivery, notice: Notice) -> Story:
    return Story(
        headline=headline(delivery),
        reference="",
        facts=tuple(notices.facts(notice)),
        duty=str(NOTICE_DUTIES[notice.kind]),
        due="",
        is_late=False,
        short_duty=notices.short(notice),
        path=path_of(delivery),
        guide=notices.guide(notice),
    )


# --- Moments ----------------------------------------------------------------------------------------------------


def full(moment: datetime) -> str:
    """«22 نوفمبر 2026، 14:30»: Riyadh time, 24 hours."""
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")


def brief(moment: datetime) -> str:
    """«14:30», or «23/11 14:30» where it is not today."""
    local = timezone.localtime(moment)
    return f"{local:%H:%M}" if local.date() == timezone.localdate() else f"{local:%d/%m %H:%M}"
