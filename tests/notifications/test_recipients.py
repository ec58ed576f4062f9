"""Who hears of what: the table, from the people's side."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from entities.models import Membership, Notice, User
from entities.permissions import Role
from incidents import actions, lifecycle
from incidents.lifecycle import EventKind, ReportKind
from incidents.models import Report, ReportEvent
from notifications import audiences
from notifications.models import Delivery
from tests.factories import a_dependency, a_membership, a_person, a_report, a_reviewer, a_service, an_entity
from tests.notifications.conftest import fan_out, heard

pytestmark = pytest.mark.django_db
EVERYWHERE = {"in_app", "email", "sms"}
MAIL = {"in_app", "email"}
PORTAL = {"in_app"}
RECEIPT = {"email", "sms"}
NOTHING: set[str] = set()


class Town:
    """An entity with everybody in it, the authority's people, a consumer's director, and a stranger."""

    def __init__(self, kind: str = ReportKind.OWN_OUTAGE, *, tier: int = 0, **columns: object) -> None:
        entity, other = an_entity(), an_entity()
        roles = (Role.DIRECTOR, Role.ALTERNATE, Role.MEMBER, Role.IT_LEADER, Role.HEAD_CONTACT)
        self.people: dict[str, User] = {role.value: a_person(role, entity=entity) for role in roles}
        self.people |= {"REVIEWER": a_reviewer(), "SECOND": a_reviewer(), "LEAD": a_reviewer(Role.LEAD)}
        self.people |= {"OTHER": a_person(Role.DIRECTOR, entity=other), "STRANGER": a_person(Role.DIRECTOR)}
        service, theirs = a_service(entity=entity, tier=tier), a_service(entity=other, tier=0)
        if kind == ReportKind.CONSUMED_OUTAGE:
            columns["provider"] = theirs
        else:
            a_dependency(theirs, service)
        self.report: Report = a_report(kind, by=self.people["DIRECTOR"], service=service, **columns)  # type: ignore[arg-type]  # columns

    def heard(self, event: ReportEvent | None = None) -> dict[str, set[str]]:
        """Everybody who was told of the newest event, and how."""
        fan_out()
        event = event or self.report.events.latest("seq")
        told = {name: heard(person, event=event) for name, person in self.people.items()}
        return {name: channels for name, channels in told.items() if channels}

    def acknowledged(self) -> Town:
        actions.acknowledge(self.report, by=self.people["REVIEWER"])
        return self


def test_every_deed_of_the_lifecycle_has_a_row() -> None:
    deeds = {move.name for moves in lifecycle.LIFECYCLES.values() for move in moves}
    # `update` and `restore` are moves; filing, the reminders and what is no move are named by their kind.
    others = {f"FILED:{kind}" for kind in ReportKind} | {
        EventKind.WITHDRAWAL_ASKED,
        EventKind.ANSWERED,
        EventKind.NAMED,
        EventKind.IDENTIFIED,
        EventKind.SIGNED,
    }
    assert set(audiences.AUDIENCES) == deeds | {str(kind) for kind in others}


def test_every_notice_has_a_row() -> None:
    assert set(audiences.NOTICES) == set(Notice.Kind)


def test_an_own_outage_is_told_to_the_team_the_authority_and_the_consumers() -> None:
    assert Town().heard() == {
        "DIRECTOR": RECEIPT,  # her own deed: the receipt, and nothing in the inbox
        "ALTERNATE": EVERYWHERE,
        "MEMBER": MAIL,
        "IT_LEADER": MAIL,
        "REVIEWER": EVERYWHERE,
        "SECOND": EVERYWHERE,
        "LEAD": EVERYWHERE,
        "OTHER": MAIL,
    }


def test_a_small_outage_waits_for_the_authority_in_the_portal() -> None:
    told = Town(tier=3, impact="minor").heard()
    assert told["REVIEWER"] == told["LEAD"] == PORTAL
    assert told["DIRECTOR"] == RECEIPT


def test_a_maintenance_notice_is_told_to_consumers_and_reviewers() -> None:
    told = Town(ReportKind.MAINTENANCE).heard()
    assert told == {
        "DIRECTOR": {"email"}, "ALTERNATE": MAIL, "MEMBER": MAIL, "IT_LEADER": MAIL,
        "REVIEWER": PORTAL, "SECOND": PORTAL, "OTHER": MAIL,
    }  # fmt: skip


def test_a_consumed_outage_reaches_the_provider_and_no_consumer_of_the_reporter() -> None:
    town = Town(ReportKind.CONSUMED_OUTAGE)
    a_dependency(a_service(entity=town.people["STRANGER"].acting.entity), town.report.affected.get().service)  # type: ignore[union-attr]  # acting
    told = town.heard()
    assert told["OTHER"] == EVERYWHERE
    assert "STRANGER" not in told
    actions.acknowledge(town.report, by=town.people["REVIEWER"])
    actions.restore(town.report, restored_at=timezone.now(), by=town.people["DIRECTOR"])
    assert "STRANGER" not in town.heard()


def test_an_acknowledgement_is_told_to_the_team_alone() -> None:
    assert Town().acknowledged().heard() == {"DIRECTOR": MAIL, "ALTERNATE": MAIL, "MEMBER": MAIL}


@pytest.mark.parametrize(("visibility", "other"), [("consumers", MAIL), ("authority", NOTHING)])
def test_an_update_is_told_to_consumers_when_they_may_read_it(visibility: str, other: set[str]) -> None:
    town = Town().acknowledged()
    actions.post_update(
        town.report, phase="identified", message="حُصر العطل", visibility=visibility, by=town.people["DIRECTOR"]
    )
    told = town.heard()
    assert told.get("OTHER", set()) == other
    assert told["REVIEWER"] == PORTAL
    assert "SECOND" not in told  # the report has its reviewer
    assert "DIRECTOR" not in told  # her own deed


def test_a_restoration_is_told_to_the_house_its_reviewer_and_the_consumers() -> None:
    town = Town().acknowledged()
    actions.restore(town.report, restored_at=timezone.now(), by=town.people["ALTERNATE"])
    assert town.heard() == {
        "DIRECTOR": MAIL, "MEMBER": MAIL, "IT_LEADER": MAIL, "REVIEWER": MAIL, "OTHER": MAIL
    }  # fmt: skip


@pytest.mark.parametrize(("urgent", "tier", "channels"), [(True, 0, EVERYWHERE), (False, 0, MAIL), (True, 3, MAIL)])
def test_an_urgent_question_on_a_bad_outage_goes_by_sms_too(urgent: bool, tier: int, channels: set[str]) -> None:
    town = Town(tier=tier, impact="full" if tier == 0 else "minor").acknowledged()
    actions.ask(town.report, text="متى تعود الخدمة؟", urgent=urgent, by=town.people["REVIEWER"])
    assert town.heard() == {"DIRECTOR": channels, "ALTERNATE": channels}


def test_an_answer_is_told_to_the_reviewer() -> None:
    town = Town().acknowledged()
    question = actions.ask(town.report, text="متى؟", by=town.people["REVIEWER"])
    actions.answer(town.report, question=question.seq, text="قريبًا", by=town.people["DIRECTOR"])
    assert town.heard() == {"REVIEWER": MAIL}


def test_a_wish_to_withdraw_is_told_to_the_reviewer() -> None:
    town = Town().acknowledged()
    actions.withdraw(town.report, note="بلاغ مكرر", by=town.people["DIRECTOR"])
    assert town.heard() == {"ALTERNATE": PORTAL, "MEMBER": PORTAL, "REVIEWER": MAIL}


def test_a_changed_severity_is_told_to_the_team() -> None:
    town = Town().acknowledged()
    actions.change_severity(town.report, severity=2, note="الأثر أقل", by=town.people["REVIEWER"])
    told = town.heard()
    assert told["DIRECTOR"] == told["ALTERNATE"] == EVERYWHERE
    assert told["IT_LEADER"] == MAIL
    assert "REVIEWER" not in told


def test_a_moved_window_is_told_to_everyone_who_heard_of_the_first() -> None:
    town = Town(ReportKind.MAINTENANCE)
    start = timezone.now() + timedelta(days=20)
    actions.reschedule(
        town.report, window_start=start, window_end=start + timedelta(hours=2), note="تأجيل", by=town.people["DIRECTOR"]
    )
    told = town.heard()
    assert {"ALTERNATE", "IT_LEADER", "REVIEWER", "SECOND", "OTHER"} <= set(told)
    assert told["OTHER"] == MAIL


def test_works_that_start_on_a_high_tier_go_by_sms() -> None:
    town = Town(ReportKind.MAINTENANCE)
    actions.start_window(town.report, by=town.people["DIRECTOR"])
    told = town.heard()
    assert told["ALTERNATE"] == told["REVIEWER"] == EVERYWHERE
    assert told["OTHER"] == MAIL


@pytest.mark.parametrize(
    ("mark", "hears"),
    [
        ("before-10", {"DIRECTOR", "ALTERNATE"}),
        ("due", {"DIRECTOR", "ALTERNATE", "MEMBER"}),
        ("plus-25", {"DIRECTOR", "ALTERNATE", "MEMBER", "IT_LEADER"}),
        ("plus-50", {"DIRECTOR", "ALTERNATE", "MEMBER", "IT_LEADER", "REVIEWER"}),
        ("plus-100", {"DIRECTOR", "ALTERNATE", "MEMBER", "IT_LEADER", "REVIEWER", "LEAD", "HEAD_CONTACT"}),
    ],
)
def test_a_late_update_climbs_the_policys_ladder(mark: str, hears: set[str]) -> None:
    town = Town().acknowledged()
    clock = town.report.clocks.running().get(kind="C3")
    marks = town.report.policy.rules.marks_of("C3", started_at=clock.started_at, due_at=clock.due_at)
    moment = next(moment for moment, found in marks if found.code == mark)
    actions.record_due_reminders(at=moment + timedelta(seconds=1))
    assert town.report.events.latest("seq").mark == mark
    told = town.heard()
    assert set(told) == hears
    spoken = EVERYWHERE if mark in {"due", "plus-25", "plus-100"} else MAIL  # S1: as the policy's rows say
    assert told["DIRECTOR"] == spoken


def test_a_late_acknowledgement_is_told_to_every_reviewer_and_then_to_the_leads() -> None:
    town = Town()
    clock = town.report.clocks.running().get(kind="C2")
    actions.record_due_reminders(at=clock.due_at)
    assert town.heard() == {"REVIEWER": EVERYWHERE, "SECOND": EVERYWHERE}
    actions.record_due_reminders(at=clock.due_at + clock.length)
    told = town.heard(town.report.events.filter(clock=clock).latest("seq"))
    assert told == {"REVIEWER": EVERYWHERE, "SECOND": EVERYWHERE, "LEAD": EVERYWHERE}


def test_a_reviewer_who_left_is_stood_in_for_by_all() -> None:
    town = Town().acknowledged()
    Membership.objects.filter(user=town.people["REVIEWER"]).update(status=Membership.Status.ENDED)
    actions.post_update(town.report, phase="identified", message="حُصر العطل", by=town.people["DIRECTOR"])
    told = town.heard()
    assert "REVIEWER" not in told
    assert told["SECOND"] == PORTAL


def test_a_person_on_two_sides_is_told_once_as_a_member_of_the_reporting_entity() -> None:
    town = Town()
    both = town.people["OTHER"]
    a_membership(both, role=Role.MEMBER, entity=town.report.entity)
    fan_out()
    told = Delivery.objects.filter(person=both)
    assert sorted(told.values_list("channel", flat=True)) == sorted(MAIL)
    assert {delivery.membership.entity for delivery in told} == {town.report.entity}


def test_without_an_address_there_is_no_delivery_to_fail() -> None:
    entity = an_entity()
    silent = a_person(Role.ALTERNATE, entity=entity, mobile="", email="")
    a_report(by=a_person(Role.DIRECTOR, entity=entity))
    fan_out()
    assert heard(silent) == PORTAL
