"""A Hypothesis machine lives reports through their lives and holds the invariants against every step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F, Prefetch, Q
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from entities.chain import GENESIS, link
from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.errors import MoveRefused
from incidents.lifecycle import ENDED, LIFECYCLES, ReportKind, lane_of
from incidents.models import Clock, FinalReport, Incident, Report, ReportEvent
from incidents.models.report_query import NEVER
from tests.factories import a_person, a_report, a_reviewer, a_service, a_team, an_entity

Deed = Callable[[Report, User, datetime], Any]
WORDS = "حُصر العطل في الشبكة وبدأ التحويل إلى الموقع البديل"


def _incident_of(report: Report) -> Incident:
    """Raises MoveRefused: a report that stands alone has none."""
    if report.incident is None:
        raise MoveRefused("alone")
    return report.incident


def _twin_of(report: Report) -> Report:
    """The entity's latest report, whatever it is: the guards say whether the two may be one."""
    return Report.objects.filter(entity=report.entity_id).latest("pk")


DEEDS: dict[str, Deed] = {
    "acknowledge": lambda r, who, at: actions.acknowledge(r, at=at, by=who),
    "update": lambda r, who, at: actions.post_update(r, phase="identified", message=WORDS, at=at, by=who),
    "no change": lambda r, who, at: actions.post_update(r, phase="", no_change=True, at=at, by=who),
    "restore": lambda r, who, at: actions.restore(r, restored_at=at, at=at, by=who),
    "undo": lambda r, who, at: actions.undo_restore(r, at=at, by=who),
    "reopen": lambda r, who, at: actions.move(r, "reopen", note="عاد العطل", at=at, by=who),
    "severity": lambda r, who, at: actions.change_severity(r, severity=1 + r.severity % 4, note="تغير الأثر", at=at, by=who),
    "ask": lambda r, who, at: actions.ask(r, text="متى العودة؟", at=at, by=who),
    "withdraw": lambda r, who, at: actions.withdraw(r, note="بلاغ مكرر", at=at, by=who),
    "confirm": lambda r, who, at: actions.confirm_withdrawal(r, at=at, by=who),
    "dismiss": lambda r, who, at: actions.move(r, "dismiss", note="لا يستوجب", at=at, by=who),
    "merge": lambda r, who, at: actions.merge(r, into=_twin_of(r), at=at, by=who),
    "undo merge": lambda r, who, at: actions.undo_merge(r, at=at, by=who),
    "start": lambda r, who, at: actions.start_window(r, at=at, by=who),
    "extend": lambda r, who, at: actions.extend_window(r, until=r.agreed_end + timedelta(hours=1), note="يلزم وقت", at=at, by=who) if r.agreed_end else actions.complete(r, outcome="success", at=at, by=who),
    "complete": lambda r, who, at: actions.complete(r, outcome="success", at=at, by=who),
    "cancel": lambda r, who, at: actions.move(r, "cancel", note="تأجيل", at=at, by=who),
    "submit": lambda r, who, at: actions.submit_final(r, restored_at=at, at=at, by=who),
    "send back": lambda r, who, at: actions.send_back(r, note="أكملوا", comments={"root_cause": "وضّحوا"}, at=at, by=who),
    "answer": lambda r, who, at: actions.give_verdict(r, verdict="confirmed", at=at, by=who),
    "dispute": lambda r, who, at: actions.give_verdict(r, verdict="not-ours", note="سجلات سليمة", at=at, by=who),
    "rule": lambda r, who, at: actions.rule(r, ruling="local", note="سبب واضح", at=at, by=who),
    "close": lambda r, who, at: actions.move(r, "close", at=at, by=who),
    "open incident": lambda r, who, at: actions.open_incident([r], name_ar="انقطاع", name_en="Outage", at=at, by=who),
    "take out": lambda r, who, at: actions.unlink(_incident_of(r), r, at=at, by=who),
    "acknowledge all": lambda r, who, at: actions.acknowledge_incident(_incident_of(r), at=at, by=who),
    "tell all": lambda r, who, at: actions.tell_reports(_incident_of(r), text_ar=WORDS, text_en="x", at=at, by=who),
    "close incident": lambda r, who, at: actions.close_incident(_incident_of(r), at=at, by=who),
    "reopen closed": lambda r, who, at: actions.move(r, "reopen_closed", note="معلومة جديدة", at=at, by=who),
}  # fmt: skip


class Lives(RuleBasedStateMachine):
    """Two entities, an authority, and the hands that move their reports; time only goes forward."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.now = timezone.now()
        self.reports: list[Report] = []

    @initialize()
    def people(self) -> None:
        self.service = a_service(tier=1)
        entity = self.service.entity
        self.hands = {
            "director": a_person(Role.DIRECTOR, entity=entity),
            "member": a_person(Role.MEMBER, entity=entity),
            "owner": a_person(Role.DIRECTOR, entity=a_team(an_entity()).entity),
            "stranger": a_person(Role.DIRECTOR, entity=an_entity()),
            "reviewer": a_reviewer(),
            "lead": a_reviewer(Role.LEAD),
        }
        self.theirs = a_service(entity=self.hands["owner"].acting.entity, tier=0)  # type: ignore[union-attr]  # she acts

    @precondition(lambda self: len(self.reports) < 3)
    @rule(kind=st.sampled_from(ReportKind))
    def file(self, kind: ReportKind) -> None:
        consumed = {"provider": self.theirs} if kind == ReportKind.CONSUMED_OUTAGE else {}
        self.reports.append(a_report(kind, by=self.hands["director"], service=self.service, **consumed))

    @precondition(lambda self: bool(self.reports))
    @rule(data=st.data(), deed=st.sampled_from(sorted(DEEDS)), hand=st.sampled_from(["director", "member", "owner", "stranger", "reviewer", "lead"]))  # fmt: skip
    def do(self, data: st.DataObject, deed: str, hand: str) -> None:
        report = data.draw(st.sampled_from(self.reports))
        report.refresh_from_db()
        before = (report.status, report.event_count)
        try:
            with transaction.atomic():
                DEEDS[deed](report, self.hands[hand], timezone.now())
        except MoveRefused:
            report.refresh_from_db()
            assert (report.status, report.event_count) == before, "a refusal changed something"
        else:
            assert hand != "stranger", "a stranger moved a report"

    @precondition(lambda self: bool(self.reports))
    @rule(data=st.data())
    def write_final(self, data: st.DataObject) -> None:
        report = data.draw(st.sampled_from(self.reports))
        report.refresh_from_db()
        final, _new = FinalReport.objects.get_or_create(report=report)
        final.comments.update(answer="أُكمل")
        FinalReport.objects.filter(pk=final.pk).update(countersigned_at=timezone.now())

    @rule(minutes=st.integers(1, 60 * 24 * 12))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        actions.act_by_itself(at=self.now)
        actions.record_due_reminders(at=self.now)
        assert actions.act_by_itself(at=self.now) == 0, "a double run did a deed again"
        assert actions.record_due_reminders(at=self.now) == 0, "a double run wrote again"

    @invariant()
    def the_history_holds_and_every_change_of_status_is_in_the_table(self) -> None:
        for report in Report.objects.prefetch_related(Prefetch("events", ReportEvent.objects.order_by("seq"))):
            previous = GENESIS
            events = list(report.events.all())
            for number, event in enumerate(events, start=1):
                assert (event.seq, event.prev_hash) == (number, previous)
                assert event.hash == link(previous, event.content())
                previous = event.hash
                if event.data.get("move") is not None:
                    moves = [m for m in LIFECYCLES[ReportKind(report.kind)] if m.name == event.data["move"]]
                    assert any(event.data["from"] in m.sources for m in moves), event.data
            assert (report.event_count, report.head_hash) == (len(events), previous)

    @invariant()
    def the_board_tells_the_truth(self) -> None:
        clocks = Clock.objects.running().order_by("due_at", "id")
        for report in Report.objects.prefetch_related(Prefetch("clocks", clocks)):
            running = list(report.clocks.all())
            assert report.lane == lane_of(report.kind, report.status, report.severity)
            if running:
                assert (report.next_clock, report.next_due_at) == (running[0].kind, running[0].due_at)
            else:
                assert report.next_due_at == NEVER
            ours = next((clock for clock in running if clock.waits_on_authority), None)
            assert report.authority_due_at == (ours.due_at if ours else NEVER)
            if report.status in ENDED:
                assert not running, f"{report.status} still owes {running}"

    @invariant()
    def no_clock_runs_twice_and_none_speaks_after_it_is_met(self) -> None:
        late = Q(reminders__recorded_at__gt=F("met_at") + timedelta(seconds=5))
        assert not Clock.objects.filter(late).exists()

    @invariant()
    def a_stranger_sees_nothing(self) -> None:
        if self.reports:
            assert not Report.objects.visible_to(self.hands["stranger"]).exists()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)


@pytest.mark.django_db
def test_no_life_breaks_an_invariant() -> None:
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
