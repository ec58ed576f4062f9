"""Whether a message is still worth sending: asked at fan-out, and again just before it leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from crisis_teams.models import CrisisTeam
from entities.models import Notice, ServiceDependency
from incidents.actions.pausing import PAUSABLE
from incidents.lifecycle import ENDED, OPEN, ClockKind, EventKind, Verdict
from incidents.models import Draft, Incident, Policy, Report, ReportEvent, SilentOutage, SituationReport
from nafath_auth.models import DoorCode
from notifications.models import Delivery, Hole
from notifications.outside import is_wanted


def still_owed(delivery: Delivery, *, at: datetime) -> bool:
    """What it tells of still stands, and the person may still act as whoever was to hear it.

    As they were loaded (`with_all_to_tell`): load them when you ask.
    """
    if delivery.outside is not None:
        return is_wanted(delivery.notice, delivery.outside)
    if not delivery.may_act:  # type: ignore[attr-defined]  # annotated
        return False
    if delivery.event is not None:
        return event_stands(delivery.event)
    return delivery.notice is not None and notice_stands(delivery.notice, at=at)


def event_stands(event: ReportEvent) -> bool:
    """A reminder while its clock runs; anything else until the report ends, unless it tells of the end; no undone deed.

    Reads `event.report`, its incident and `event.clock` as they were loaded: load them when you ask.
    """
    report = event.report
    if report.status in ENDED and event.data.get("to") not in ENDED and not _of_an_action(event):
        return False
    if event.kind == EventKind.REMINDED:
        clock = event.clock
        return clock is not None and not (clock.met_at or clock.cancelled_at or clock.paused_at)
    stands = STANDS.get(event.move)
    return stands is None or stands(event, report)


def _of_an_action(event: ReportEvent) -> bool:
    """A corrective action is owed after the closing: its reminders outlive the report."""
    return event.kind == EventKind.REMINDED and event.data.get("clock") == ClockKind.C9


def _is_to_verify(event: ReportEvent, report: Report) -> bool:
    """The action that was reported done has not been looked at since."""
    return (
        report.clocks.unmet()
        .filter(subject=event.data.get("number"), kind=ClockKind.C9, paused_at__isnull=False)
        .exists()
    )


def _is_to_do_again(event: ReportEvent, report: Report) -> bool:
    """The action that was sent back has not been reported done again."""
    return report.clocks.running().filter(subject=event.data.get("number"), kind=ClockKind.C9).exists()


def _is_hers(event: ReportEvent, report: Report) -> bool:
    """The reviewer who is told has the report still."""
    return report.reviewer is not None and str(report.reviewer.public_id) == event.data.get("reviewer")


def _is_expected(event: ReportEvent, report: Report) -> bool:
    """The outage goes on, and no other estimate was given."""
    expected = report.expected_restoration_at
    return report.status in OPEN and expected is not None and expected.isoformat() == event.data.get("expected")


def _is_its_answer(event: ReportEvent, report: Report) -> bool:
    """The owner has given no other answer, and named no other report of its own."""
    return (report.verdict, report.verdict_reference) == (event.data.get("verdict"), event.data.get("link", ""))


def _is_under_it(event: ReportEvent, report: Report) -> bool:
    """The report stands under that incident still."""
    return report.incident is not None and report.incident.reference == event.data.get("incident")


def _is_paused(event: ReportEvent, report: Report) -> bool:
    """The deadline stands still by a reviewer's word."""
    return report.clocks.unmet().filter(kind__in=PAUSABLE, paused_at__isnull=False).exists()


def _interim_is_owed(event: ReportEvent, report: Report) -> bool:
    """Nobody has sent it, and the outage is as grave as it was."""
    return report.clocks.unmet().filter(kind=ClockKind.C5).exists()


#: Deeds whose message is worth nothing once something else has happened.
STANDS: dict[str, Callable[[ReportEvent, Report], bool]] = {
    "acknowledge": lambda event, report: report.acknowledged_at is not None,
    "restore": lambda event, report: report.restored_at is not None,
    "warn_reviewer": _is_hers,
    "return_to_pool": lambda event, report: report.reviewer_id is None,
    "watch": lambda event, report: report.status in OPEN,
    "ask_estimate": _is_expected,
    "verdict": _is_its_answer,
    "dispute": lambda event, report: report.verdict == Verdict.NOT_OURS and not report.ruling,
    "link": _is_under_it,
    "remind_pause": _is_paused,
    "owe_interim": _interim_is_owed,
    "report_action": _is_to_verify,
    "return_action": _is_to_do_again,
}


def notice_stands(notice: Notice, *, at: datetime) -> bool:
    """What waits for somebody still does: a draft, a team, a code, a version, a hole. What was done stays true."""
    waits = WAITS.get(notice.kind)
    return waits is None or waits(notice, at)


def _version_waits(notice: Notice, at: datetime) -> bool:
    waiting = Policy.objects.filter(asked_at__isnull=False, published_at__isnull=True)
    return waiting.filter(version=notice.data["version"]).exists()


def _hole_is_open(notice: Notice, at: datetime) -> bool:
    return Hole.objects.open().exists()


def _outage_is_suspected(notice: Notice, at: datetime) -> bool:
    return SilentOutage.objects.open().filter(pk=notice.data["alarm"]).exists()


def _draft_waits(notice: Notice, at: datetime) -> bool:
    return Draft.objects.filter(pk=notice.data.get("draft")).exists()


def _team_is_stale(notice: Notice, at: datetime) -> bool:
    return CrisisTeam.objects.stale(at=at).filter(entity=notice.entity_id).exists()


def _code_is_live(notice: Notice, at: datetime) -> bool:
    return DoorCode.objects.live(at=at).filter(pk=notice.data.get("code"), membership__isnull=False).exists()


def _incident_waits(notice: Notice, at: datetime) -> bool:
    """For its acknowledgement; or one of its situation reports to be sent."""
    going_on = Incident.objects.going_on().filter(reference=notice.data["incident"])
    if notice.kind == Notice.Kind.INCIDENT_OPENED:
        return going_on.filter(acknowledged_at__isnull=True).exists()
    drafts = SituationReport.objects.filter(incident__in=going_on, sent_at__isnull=True)
    return drafts.filter(number=notice.data["number"]).exists()


def _dependency_is_denied(notice: Notice, at: datetime) -> bool:
    denied = ServiceDependency.objects.filter(state=ServiceDependency.State.DENIED)
    return denied.filter(pk=notice.data.get("dependency")).exists()


#: Notices whose message is worth nothing once what waited does so no longer.
WAITS: dict[str, Callable[[Notice, datetime], bool]] = {
    Notice.Kind.POLICY_WAITS: _version_waits,
    Notice.Kind.MESSAGES_MISSING: _hole_is_open,
    Notice.Kind.SILENT_OUTAGE: _outage_is_suspected,
    Notice.Kind.SILENT_DENIED: _outage_is_suspected,
    Notice.Kind.INCIDENT_OPENED: _incident_waits,
    Notice.Kind.SITUATION_WAITS: _incident_waits,
    Notice.Kind.DRAFT_WAITS: _draft_waits,
    Notice.Kind.TEAM_STALE: _team_is_stale,
    Notice.Kind.DEPENDENCY_DENIED: _dependency_is_denied,
    Notice.Kind.CODE: _code_is_live,
}
