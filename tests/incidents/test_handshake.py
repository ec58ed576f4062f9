"""The handshake over a consumed service: its owner answers, the authority rules, nobody sees more than is hers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.errors import MoveRefused
from incidents.lifecycle import ClockKind, ReportKind, Ruling, Status, Verdict
from incidents.models import Report
from tests.factories import a_person, a_report, a_reviewer, a_service, a_team, an_entity
from tests.incidents.pages import get, offered, queries, send, targets, text_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
EVIDENCE = "سجلات الإرسال تُظهر استلام الطلبات والرد عليها بنجاح"


class Two:
    """A service's owner with a team, and a consumer that reports its outage."""

    def __init__(self, *, tier: int = 1, team: bool = True, **columns: Any) -> None:
        self.entity = an_entity()
        if team:
            a_team(self.entity)
        self.service = a_service(entity=self.entity, tier=tier)
        self.owner = a_person(Role.DIRECTOR, entity=self.entity)
        self.consumer = a_person(Role.DIRECTOR)
        self.report = a_report(ReportKind.CONSUMED_OUTAGE, by=self.consumer, provider=self.service, **columns)

    @property
    def now(self) -> Report:
        return Report.objects.get(pk=self.report.pk)

    def answers(self, verdict: str, **said: Any) -> Report:
        actions.give_verdict(self.now, verdict=verdict, by=self.owner, **said)
        return self.now

    def runs(self, clock: ClockKind) -> bool:
        return self.report.clocks.running().filter(kind=clock).exists()


def own_outage(two: Two) -> Report:
    return a_report(by=two.owner, service=two.service)


# --- The clock of the answer -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("tier", "minutes"), [(0, 30), (1, 30), (2, 120), (3, 120)])
def test_the_answer_is_owed_by_the_tier_of_the_owners_own_service(tier: int, minutes: int) -> None:
    clock = Two(tier=tier).report.clocks.get(kind=ClockKind.D1)
    assert clock.due_at - clock.started_at == timedelta(minutes=minutes)


def test_an_owner_without_a_team_owes_no_answer_by_a_moment_and_may_give_one() -> None:
    two = Two(team=False)
    assert not two.runs(ClockKind.D1)
    assert two.answers(Verdict.NOT_REPRODUCED).verdict == Verdict.NOT_REPRODUCED


def test_a_restoration_leaves_nothing_to_answer() -> None:
    two = Two()
    actions.restore(two.report, restored_at=timezone.now(), by=two.consumer)
    assert not two.runs(ClockKind.D1)
    with pytest.raises(MoveRefused):
        two.answers(Verdict.CONFIRMED)


def test_an_outage_that_goes_on_after_all_asks_again_who_has_not_answered() -> None:
    for verdict, asked in (("", True), (Verdict.NOT_REPRODUCED, False)):
        two = Two()
        if verdict:
            two.answers(verdict)
        actions.restore(two.now, restored_at=timezone.now(), by=two.consumer)
        actions.undo_restore(two.now, by=two.consumer)
        assert two.runs(ClockKind.D1) is asked


def test_a_service_found_in_the_catalogue_asks_its_owner_from_then_on() -> None:
    two = Two()
    unlisted = a_service(entity=an_entity(), listed=False)
    report = a_report(ReportKind.CONSUMED_OUTAGE, by=two.consumer, provider=unlisted)
    assert not report.clocks.filter(kind=ClockKind.D1).exists()
    actions.identify_service(unlisted, service=two.service, by=a_person(Role.ADMIN))
    assert report.clocks.running().filter(kind=ClockKind.D1).exists()


def test_one_tap_of_a_consumer_asks_the_owner_as_well(client_of: ClientOf) -> None:
    two = Two()
    own_outage(two)
    another = a_person(Role.DIRECTOR)
    a_team(another.acting.entity)  # type: ignore[union-attr]  # she acts
    key = "5f3f1f0e-0000-4000-8000-000000000001"
    client_of(another).post(reverse("affected_too"), {"service": two.service.pk, "key": key})
    report = Report.objects.get(key=key)
    assert report.clocks.running().filter(kind=ClockKind.D1).exists()


# --- The answer -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", [Verdict.CONFIRMED, Verdict.NOT_REPRODUCED])
def test_a_plain_answer_meets_its_clock_and_leaves_no_dispute(verdict: Verdict) -> None:
    two = Two()
    report = two.answers(verdict)
    assert (report.verdict, report.status) == (verdict, Status.SUBMITTED)
    assert report.clocks.get(kind=ClockKind.D1).met_at is not None
    assert not two.runs(ClockKind.D2)


def test_an_answer_names_a_report_of_the_owners_own_and_of_the_right_kind() -> None:
    two = Two()
    outage, works = own_outage(two), a_report(ReportKind.MAINTENANCE, by=two.owner, service=two.service)
    foreign = a_report()
    for verdict, link in ((Verdict.KNOWN, works), (Verdict.PLANNED, outage), (Verdict.KNOWN, foreign)):
        with pytest.raises(MoveRefused):
            two.answers(verdict, link=link.reference)
    assert two.answers(Verdict.KNOWN, link=outage.reference).verdict_reference == outage.reference
    assert two.answers(Verdict.PLANNED, link=works.reference).verdict_reference == works.reference
    assert two.answers(Verdict.CONFIRMED, link=works.reference).verdict_reference == ""


def test_a_dispute_needs_evidence_and_makes_a_ruling_owed_by_the_authority() -> None:
    two = Two()
    with pytest.raises(MoveRefused):
        two.answers(Verdict.NOT_OURS, note=" ")
    report = two.answers(Verdict.NOT_OURS, note=EVIDENCE)
    clock = report.clocks.running().get(kind=ClockKind.D2)
    assert clock.waits_on_authority
    assert report.authority_due_at <= clock.due_at


def test_an_answer_may_change_until_it_is_ruled_on() -> None:
    two = Two()
    two.answers(Verdict.NOT_OURS, note=EVIDENCE)
    two.answers(Verdict.CONFIRMED)
    assert not two.runs(ClockKind.D2)
    report = two.answers(Verdict.NOT_OURS, note=EVIDENCE)
    actions.rule(report, ruling=Ruling.LOCAL, note="السجلات تؤكد ذلك", by=a_reviewer())
    with pytest.raises(MoveRefused):
        two.answers(Verdict.CONFIRMED)
    assert [event.move for event in report.events.filter(data__verdict__isnull=False)] == [
        "dispute",
        "verdict",
        "dispute",
    ]


def test_the_same_answer_sent_twice_is_written_once() -> None:
    two = Two()
    for _again in range(2):
        two.answers(Verdict.NOT_REPRODUCED, once="5f3f1f0e-0000-4000-8000-000000000000")
    assert two.report.events.filter(data__move="verdict").count() == 1


@pytest.mark.parametrize("role", [Role.MEMBER, Role.IT_LEADER, Role.HEAD_CONTACT])
def test_only_who_files_for_the_owner_answers(role: Role) -> None:
    two = Two()
    for person in (a_person(role, entity=two.entity), two.consumer, a_reviewer(Role.LEAD), a_person(Role.DIRECTOR)):
        with pytest.raises(MoveRefused):
            actions.give_verdict(two.now, verdict=Verdict.CONFIRMED, by=person)


def test_the_owner_answers_and_does_nothing_else() -> None:
    two = Two()
    assert set(two.now.moves_for(two.owner)) == {"verdict", "dispute"}
    assert not {"verdict", "dispute"} & set(two.now.moves_for(two.consumer))


# --- The ruling ---------------------------------------------------------------------------------------------------


def test_a_ruling_meets_its_clock_and_needs_a_dispute() -> None:
    two, reviewer = Two(), a_reviewer()
    with pytest.raises(MoveRefused):
        actions.rule(two.now, ruling=Ruling.LOCAL, note="لا نزاع", by=reviewer)
    report = two.answers(Verdict.NOT_OURS, note=EVIDENCE)
    actions.rule(report, ruling=Ruling.PROVIDER, note="السجلات ناقصة", by=reviewer)
    assert two.now.ruling == Ruling.PROVIDER
    assert report.clocks.get(kind=ClockKind.D2).met_at is not None


def test_the_authoritys_own_service_is_judged_by_a_lead() -> None:
    two = Two()
    report = two.answers(Verdict.NOT_OURS, note=EVIDENCE)
    two.entity.kind = "regulator"
    two.entity.save()
    with pytest.raises(MoveRefused):
        actions.rule(two.now, ruling=Ruling.LOCAL, note="سبب واضح", by=a_reviewer())
    actions.rule(two.now, ruling=Ruling.LOCAL, note="سبب واضح", by=a_reviewer(Role.LEAD))
    assert two.now.ruling and report.verdict


def test_a_dispute_keeps_the_sweep_from_closing_until_it_is_ruled_on() -> None:
    two = Two()
    outage = own_outage(two)
    two.answers(Verdict.NOT_OURS, note=EVIDENCE)
    actions.restore(outage, restored_at=timezone.now(), by=two.owner)
    actions.restore(two.now, restored_at=timezone.now(), by=two.consumer)
    Report.objects.filter(pk=outage.pk).update(status=Status.CLOSED)
    later = timezone.now() + timedelta(days=2)
    assert not Report.objects.to_close(at=later).filter(pk=two.report.pk).exists()
    actions.rule(two.now, ruling=Ruling.PROVIDER, note="سبب واضح", by=a_reviewer())
    assert Report.objects.to_close(at=later).filter(pk=two.report.pk).exists()


# --- The pages ----------------------------------------------------------------------------------------------------


def test_the_owner_finds_the_report_on_its_home_in_its_list_and_answers_on_its_page(client_of: ClientOf) -> None:
    two = Two()
    browser = client_of(two.owner)
    assert reverse("reports_about_us") in targets(browser.get(reverse("home")))
    waiting = text_of(browser.get("/en" + reverse("reports_about_us")))
    assert two.report.reference in waiting
    assert "The reporting entity" in waiting  # the column's name; the cell names one and counts the others
    assert send(browser, two.report, "report_verdict", verdict=Verdict.NOT_REPRODUCED).status_code == 302
    assert two.report.reference not in text_of(browser.get(reverse("reports_about_us")))
    assert two.report.reference in text_of(browser.get(reverse("reports_about_us") + "?show=answered"))
    assert reverse("reports_about_us") not in targets(browser.get(reverse("home")))


def test_a_form_says_what_an_answer_lacks(client_of: ClientOf) -> None:
    two = Two()
    browser = client_of(two.owner)
    for verdict in (Verdict.KNOWN, Verdict.PLANNED, Verdict.NOT_OURS, ""):
        assert send(browser, two.report, "report_verdict", verdict=verdict).status_code == 422
    assert two.now.verdict == ""


def test_an_entity_that_asked_not_to_be_named_is_named_nowhere(client_of: ClientOf) -> None:
    two = Two(share_identity=False)
    browser, hidden = client_of(two.owner), two.report.entity
    two.answers(Verdict.NOT_OURS, note=EVIDENCE)
    for page in (
        browser.get(reverse("reports_about_us") + "?show=answered"),
        get(browser, two.report),
        browser.get(f"{reverse('file_own_outage')}?about={two.report.reference}"),
        browser.get(reverse("home")),
    ):
        assert page.status_code == 200
        assert hidden.name_ar not in text_of(page)
        assert two.report.filed_by.name_ar not in text_of(page)


def test_the_consumer_reads_the_answer_and_of_the_owners_report_its_reference_alone(client_of: ClientOf) -> None:
    two = Two()
    outage = own_outage(two)
    two.answers(Verdict.KNOWN, link=outage.reference)
    browser = client_of(two.consumer)
    page = get(browser, two.report)
    assert outage.reference in text_of(page)
    assert reverse("report_detail", args=[outage.reference]) not in targets(page)
    assert get(browser, outage).status_code == 404
    assert two.owner.name_ar not in text_of(page)


def test_a_confirmed_outage_leads_to_the_owners_own_report_already_begun(client_of: ClientOf) -> None:
    two = Two()
    two.answers(Verdict.CONFIRMED)
    browser = client_of(two.owner)
    address = f"{reverse('file_own_outage')}?about={two.report.reference}"
    assert address in targets(get(browser, two.report))
    form = browser.get(address).context["form"]
    assert form.initial["services"] == [two.service.pk]
    assert form.initial["started_at"] == two.report.started_at


def test_a_local_cause_invites_the_consumer_to_report_its_own_outage(client_of: ClientOf) -> None:
    two = Two()
    a_team(two.report.entity)
    report = two.answers(Verdict.NOT_OURS, note=EVIDENCE)
    reviewer = client_of(a_reviewer())
    assert offered(reviewer, report, "rule")
    assert send(reviewer, report, "report_rule", ruling=Ruling.LOCAL, note="العطل في شبكة الجهة").status_code == 302
    address = f"{reverse('file_own_outage')}?about={report.reference}"
    consumer, owner = client_of(two.consumer), client_of(two.owner)
    assert address in targets(get(consumer, report))
    assert address not in targets(get(owner, report))
    form = consumer.get(address).context["form"]
    assert form.initial["services"] == list(report.services.values_list("pk", flat=True))
    assert "العطل في شبكة الجهة" in text_of(get(owner, report))


def test_what_is_about_a_report_that_is_not_ones_own_begins_nothing(client_of: ClientOf) -> None:
    two = Two()
    stranger = a_person(Role.DIRECTOR)
    a_team(stranger.acting.entity)  # type: ignore[union-attr]  # she acts
    page = client_of(stranger).get(f"{reverse('file_own_outage')}?about={two.report.reference}")
    assert page.context["form"].initial["services"] == []


def test_a_consumer_that_is_still_down_is_shown_to_the_owner(client_of: ClientOf) -> None:
    two = Two()
    outage = own_outage(two)
    actions.restore(outage, restored_at=timezone.now(), by=two.owner)
    actions.act_by_itself(at=timezone.now())
    actions.post_update(two.now, phase="investigating", message="ما زالت الخدمة لا تعمل لدينا", by=two.consumer)
    assert two.now.still_down_at is not None
    assert "ما زالت متوقفة" in text_of(get(client_of(two.owner), two.report))


def test_the_board_marks_what_the_owner_answered_and_waits_for_the_authority(client_of: ClientOf) -> None:
    two = Two()
    two.answers(Verdict.NOT_OURS, note=EVIDENCE)
    assert "الجهة المالكة" in text_of(client_of(a_reviewer()).get(reverse("board")))


def test_the_list_and_the_page_cost_the_same_whatever_they_show(client_of: ClientOf) -> None:
    two = Two()
    browser = client_of(two.owner)
    few = queries(browser, reverse("reports_about_us"))
    for _more in range(4):
        a_report(ReportKind.CONSUMED_OUTAGE, provider=two.service)
    assert queries(browser, reverse("reports_about_us")) == few <= 6
    assert queries(browser, reverse("report_detail", args=[two.report.reference])) <= 12
