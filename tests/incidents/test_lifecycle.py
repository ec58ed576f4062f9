"""The table drives these tests: every kind × move × status × role, allowed and refused."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from entities.models import User
from entities.permissions import ROLE_PERMISSIONS, Role
from incidents import actions, lifecycle
from incidents.errors import MoveRefused, StaleReport
from incidents.lifecycle import ENDED, LIFECYCLES, PAPERWORK, ClockKind, Lane, ReportKind, Severity, Status
from incidents.models import Report
from tests.factories import a_person, a_report, a_reviewer, a_service, an_entity

KINDS = list(ReportKind)


@pytest.mark.parametrize("kind", KINDS)
def test_every_status_a_move_leads_to_has_a_way_on_or_is_an_end(kind: ReportKind) -> None:
    targets = {move.target for move in LIFECYCLES[kind] if move.target}
    for status in targets - ENDED:
        onward = [m for m in LIFECYCLES[kind] if status in m.sources and m.target not in {None, status}]
        assert onward, f"{kind}: nothing leads out of {status}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_status_can_be_reached_from_filing(kind: ReportKind) -> None:
    reached = {lifecycle.FILING[kind].status}
    while True:
        more = {m.target for m in LIFECYCLES[kind] if m.target and m.sources & reached} - reached
        if not more:
            break
        reached |= more
    assert {s for m in LIFECYCLES[kind] for s in m.sources} <= reached


@pytest.mark.parametrize(
    ("kind", "status", "role"), [(k, s, r) for k, s, r in itertools.product(KINDS, Status, Role)], ids=str
)
def test_a_role_is_offered_what_the_table_says_and_nothing_else(kind: ReportKind, status: Status, role: Role) -> None:
    permissions = ROLE_PERMISSIONS[role]
    for severity in Severity:
        offered = {
            move.name for move in lifecycle.allowed(kind, status=status, severity=severity, permissions=permissions)
        }
        for move in LIFECYCLES[kind]:
            expected = status in move.sources and bool(permissions & move.permissions)
            if move.lead_for_s1 and severity == Severity.S1 and role != Role.LEAD:
                expected = False
            if expected:
                assert move.name in offered
            elif not any(m.name == move.name and m is not move and status in m.sources for m in LIFECYCLES[kind]):
                assert move.name not in offered


#: What is left to do on a report that has ended.
AFTERWARDS = {
    Status.CLOSED: {"reopen_closed", "report_action", "verify_action", "return_action"},
    Status.MERGED: {"undo_merge"},
}


def test_a_report_that_ended_is_left_alone_but_for_what_the_table_keeps_for_afterwards() -> None:
    for kind, status, role in itertools.product(KINDS, ENDED, Role):
        moves = lifecycle.allowed(kind, status=status, severity=4, permissions=ROLE_PERMISSIONS[role])
        assert {move.name for move in moves} <= AFTERWARDS.get(status, set())
        if any(move.name == "reopen_closed" for move in moves):
            assert role == Role.LEAD


def test_lane_puts_critical_and_high_first_and_paperwork_apart() -> None:
    assert lifecycle.lane_of("OUT", Status.ACTIVE, 1) == Lane.URGENT
    assert lifecycle.lane_of("DEP", Status.SUBMITTED, 3) == Lane.OPEN
    assert lifecycle.lane_of("MNT", Status.SCHEDULED, 1) == Lane.PLANNED
    assert {lifecycle.lane_of("OUT", status, 1) for status in PAPERWORK} == {Lane.PAPERWORK}
    assert {lifecycle.lane_of("OUT", status, 1) for status in ENDED} == {Lane.ENDED}


# --- The actions obey the table ------------------------------------------------------------------------------


def _perform(name: str, report: Report, person: User) -> Any:
    """Do the deed of this name with what it needs."""
    now = timezone.now()
    verbs: dict[str, Any] = {
        "acknowledge": lambda: actions.acknowledge(report, by=person),
        "update": lambda: actions.post_update(report, phase="identified", message="حُصر العطل في الشبكة", by=person),
        "restore": lambda: actions.restore(report, restored_at=now, by=person),
        "undo_restore": lambda: actions.undo_restore(report, by=person),
        "assign": lambda: actions.assign(report, reviewer=person, by=person),
        "change_severity": lambda: actions.change_severity(
            report, severity=4 if report.severity != 4 else 3, note="أثر أقل", by=person
        ),
        "ask": lambda: actions.ask(report, text="متى العودة؟", by=person),
        "withdraw": lambda: actions.withdraw(report, note="بلاغ مكرر", by=person),
        "confirm_withdrawal": lambda: actions.confirm_withdrawal(report, by=person),
        "start": lambda: actions.start_window(report, by=person),
        "stretch_update": lambda: actions.stretch_update(
            report, until=now + timedelta(days=2), note="بانتظار المورد", by=person
        ),
        "pause_final": lambda: actions.pause_final(report, cause="supplier", note="بانتظار المورد", by=person),
        "resume_final": lambda: actions.resume_final(report, by=person),
        "verdict": lambda: actions.give_verdict(report, verdict="confirmed", by=person),
        "dispute": lambda: actions.give_verdict(report, verdict="not-ours", note="سجلات سليمة", by=person),
        "rule": lambda: actions.rule(report, ruling="local", note="سبب واضح", by=person),
        "complete": lambda: actions.complete(report, outcome="success", by=person),
        "reschedule": lambda: actions.reschedule(
            report, window_start=now + timedelta(days=20), window_end=now + timedelta(days=21), note="تعارض", by=person
        ),
        "submit_final": lambda: actions.submit_final(report, by=person),
        "send_back": lambda: actions.send_back(report, note="أكملوا", comments={"root_cause": "وضّحوا"}, by=person),
    }
    return verbs.get(name, lambda: actions.move(report, name, note="سبب واضح", by=person))()


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_an_action_refuses_what_the_table_does_not_allow_and_changes_nothing(kind: ReportKind) -> None:
    entity = an_entity()
    director = a_person(Role.DIRECTOR, entity=entity)
    report = a_report(kind, by=director)
    people = [director, a_person(Role.MEMBER, entity=entity), a_person(Role.IT_LEADER, entity=entity), a_reviewer()]
    refused = 0
    for person, move in itertools.product(people, {m.name for moves in LIFECYCLES.values() for m in moves}):
        if move in report.moves_for(person) or move in {"answer", "attach", "extend_final"}:
            continue
        before = (report.event_count, report.status)
        with pytest.raises(MoveRefused):
            _perform(move, report, person)
        report.refresh_from_db()
        assert (report.event_count, report.status) == before
        refused += 1
    assert refused > 30


@pytest.mark.django_db
def test_a_provider_reads_a_consumers_report_and_answers_it_alone() -> None:
    provider = a_service()
    owner = a_person(Role.DIRECTOR, entity=provider.entity)
    report = a_report(ReportKind.CONSUMED_OUTAGE, provider=provider)
    assert Report.objects.visible_to(owner).get() == report
    assert set(report.moves_for(owner)) == {"verdict", "dispute"}
    assert report.moves_for(a_person(Role.MEMBER, entity=provider.entity)) == {}


@pytest.mark.django_db
def test_a_stranger_sees_and_moves_nothing() -> None:
    report = a_report()
    stranger = a_person(Role.DIRECTOR)
    assert not Report.objects.visible_to(stranger).exists()
    with pytest.raises(MoveRefused):
        actions.post_update(report, phase="identified", message="ليس لي", by=stranger)


@pytest.mark.django_db
def test_a_stale_version_is_told_apart_from_a_refusal() -> None:
    report, reviewer = a_report(), a_reviewer()
    seen = report.version
    actions.acknowledge(report, seen=seen, by=reviewer)
    with pytest.raises(StaleReport):
        actions.assign(report, reviewer=None, seen=seen, by=reviewer)


@pytest.mark.django_db
def test_acknowledging_meets_the_clock_and_names_the_reviewer() -> None:
    report, reviewer = a_report(), a_reviewer()
    actions.acknowledge(report, by=reviewer)
    report.refresh_from_db()
    assert report.status == Status.ACTIVE
    assert report.reviewer == reviewer
    assert report.clocks.get(kind=ClockKind.C2).met_at is not None
    assert report.next_clock == ClockKind.C3


@pytest.mark.django_db
def test_an_s1_is_closed_by_a_lead_alone() -> None:
    service = a_service(tier=0)
    report = a_report(by=a_person(entity=service.entity), service=service)
    assert report.severity == Severity.S1
    Report.objects.filter(pk=report.pk).update(status=Status.FINAL_REVIEW)
    report.refresh_from_db()
    assert "close" not in report.moves_for(a_reviewer())
    assert "close" in report.moves_for(a_reviewer(Role.LEAD))


@pytest.mark.django_db
def test_a_reviewer_does_not_move_the_authoritys_own_report_unless_lead() -> None:
    authority = an_entity(authority=True)
    director = a_person(Role.DIRECTOR, entity=authority)
    report = a_report(by=director)
    assert report.moves_for(a_reviewer()) == {}
    assert "acknowledge" in report.moves_for(a_reviewer(Role.LEAD))
    assert "update" in report.moves_for(director)
