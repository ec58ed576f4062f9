"""Whether a message is still worth sending: asked at fan-out, and again just before it leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from crisis_teams.models import CrisisTeam
from entities.models import Membership, Notice, ServiceDependency
from incidents.lifecycle import ENDED, OPEN, EventKind
from incidents.models import Draft, Policy, Report, ReportEvent
from nafath_auth.models import DoorCode
from notifications.models import Delivery


def still_owed(delivery: Delivery, *, at: datetime) -> bool:
    """What it tells of still stands, and the person may still act as whoever was to hear it."""
    if not Membership.objects.usable().filter(pk=delivery.membership_id).exists():
        return False
    if delivery.event is not None:
        return event_stands(delivery.event)
    return delivery.notice is not None and notice_stands(delivery.notice, at=at)


def event_stands(event: ReportEvent) -> bool:
    """A reminder while its clock runs; anything else until the report ends, unless it tells of the end; no undone deed.

    Reads `event.report` and `event.clock` as they were loaded: load them when you ask.
    """
    report = event.report
    if report.status in ENDED and event.data.get("to") not in ENDED:
        return False
    if event.kind == EventKind.REMINDED:
        clock = event.clock
        return clock is not None and not (clock.met_at or clock.cancelled_at or clock.paused_at)
    stands = STANDS.get(event.move)
    return stands is None or stands(event, report)


def _is_hers(event: ReportEvent, report: Report) -> bool:
    """The reviewer who is told has the report still."""
    return report.reviewer is not None and str(report.reviewer.public_id) == event.data.get("reviewer")


def _is_expected(event: ReportEvent, report: Report) -> bool:
    """The outage goes on, and no other estimate was given."""
    expected = report.expected_restoration_at
    return report.status in OPEN and expected is not None and expected.isoformat() == event.data.get("expected")


#: Deeds whose message is worth nothing once something else has happened.
STANDS: dict[str, Callable[[ReportEvent, Report], bool]] = {
    "acknowledge": lambda event, report: report.acknowledged_at is not None,
    "restore": lambda event, report: report.restored_at is not None,
    "warn_reviewer": _is_hers,
    "return_to_pool": lambda event, report: report.reviewer_id is None,
    "watch": lambda event, report: report.status in OPEN,
    "ask_estimate": _is_expected,
}


def notice_stands(notice: Notice, *, at: datetime) -> bool:
    """The draft still lies unsent, the team is still unconfirmed, the code is still good; what was done stays true."""
    match notice.kind:
        case Notice.Kind.POLICY_WAITS:
            waiting = Policy.objects.filter(asked_at__isnull=False, published_at__isnull=True)
            return waiting.filter(version=notice.data["version"]).exists()
        case Notice.Kind.DRAFT_WAITS:
            return Draft.objects.filter(pk=notice.data.get("draft")).exists()
        case Notice.Kind.TEAM_STALE:
            return CrisisTeam.objects.stale(at=at).filter(entity=notice.entity_id).exists()
        case Notice.Kind.DEPENDENCY_DENIED:
            denied = ServiceDependency.objects.filter(state=ServiceDependency.State.DENIED)
            return denied.filter(pk=notice.data.get("dependency")).exists()
        case Notice.Kind.CODE:
            return DoorCode.objects.live(at=at).filter(pk=notice.data.get("code"), membership__isnull=False).exists()
    return True
