"""The duty roster: what may be planned, who hands over, what the page says and warns of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import AuditEvent, User
from entities.permissions import Role
from incidents import actions
from incidents.duty import Roster
from incidents.errors import DutyRefused
from incidents.models import DutyShift
from tests.factories import a_person, a_report, a_reviewer, a_service, a_shift
from tests.incidents.pages import text_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
PHONE = "+966550000001"


def plan(person: User, *, by: User, **fields: Any) -> DutyShift:
    assert person.acting
    start = timezone.now().replace(minute=0, second=0, microsecond=0) + HOUR
    typed = {"role": Role.REVIEWER, "starts_at": start, "ends_at": start + 8 * HOUR, "phone": PHONE, **fields}
    return actions.add_shift(person=person.acting, **typed, by=by)


def logged() -> list[dict[str, Any]]:
    return [event.data for event in AuditEvent.objects.filter(action="DUTY").order_by("seq")]


# --- Planning --------------------------------------------------------------------------------------------------


def test_a_lead_plans_and_the_log_keeps_it_without_the_telephone() -> None:
    reviewer = a_reviewer()
    shift = plan(reviewer, by=a_reviewer(Role.LEAD))
    assert DutyShift.objects.get() == shift
    [line] = logged()
    assert (line["roster"], line["membership"]) == ("added", reviewer.acting.pk)  # type: ignore[union-attr]  # acting
    assert PHONE not in str(line)


def test_the_same_form_twice_plans_one_shift() -> None:
    reviewer, lead = a_reviewer(), a_reviewer(Role.LEAD)
    assert plan(reviewer, by=lead) == plan(reviewer, by=lead)
    assert len(logged()) == 1


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.AUDITOR])
def test_nobody_else_plans(role: Role) -> None:
    reviewer = a_reviewer()
    with pytest.raises(DutyRefused):
        plan(reviewer, by=a_reviewer(role))
    assert not DutyShift.objects.exists()


def test_a_person_is_not_on_duty_twice_at_once_in_whichever_membership() -> None:
    reviewer, lead = a_reviewer(), a_reviewer(Role.LEAD)
    first = plan(reviewer, by=lead)
    with pytest.raises(DutyRefused):
        plan(reviewer, starts_at=first.ends_at - HOUR, ends_at=first.ends_at + HOUR, by=lead)
    after = plan(reviewer, starts_at=first.ends_at, ends_at=first.ends_at + HOUR, by=lead)
    with pytest.raises(DutyRefused):
        actions.change_shift(
            after, person=after.person, role=after.role, starts_at=first.starts_at, ends_at=after.ends_at, phone=PHONE,
            by=lead,
        )  # fmt: skip


def test_a_reviewer_is_not_lead_and_a_director_is_not_on_duty() -> None:
    lead = a_reviewer(Role.LEAD)
    for person, role in ((a_reviewer(), Role.LEAD), (a_person(Role.DIRECTOR), Role.REVIEWER)):
        with pytest.raises(DutyRefused):
            plan(person, role=role, by=lead)
    assert plan(lead, role=Role.REVIEWER, by=lead)


def test_what_has_begun_is_not_removed_and_what_is_over_not_changed() -> None:
    lead, running, over = a_reviewer(Role.LEAD), a_shift(a_reviewer()), a_shift(a_reviewer(), hours=(-9, -1))
    with pytest.raises(DutyRefused):
        actions.remove_shift(running, by=lead)
    with pytest.raises(DutyRefused):
        actions.change_shift(
            over, person=over.person, role=over.role, starts_at=over.starts_at,
            ends_at=timezone.now() + HOUR, phone=PHONE, by=lead,
        )  # fmt: skip
    actions.remove_shift(a_shift(a_reviewer(), hours=(1, 9)), by=lead)
    assert DutyShift.objects.count() == 2


def test_of_what_has_begun_the_end_and_the_telephone_alone_are_changed(client_of: ClientOf) -> None:
    lead, shift = a_reviewer(Role.LEAD), a_shift(a_reviewer())
    now, other = timezone.now(), a_reviewer().acting
    kept = {"person": shift.person, "role": shift.role, "starts_at": shift.starts_at, "ends_at": shift.ends_at}
    for change in (
        {"person": other},
        {"starts_at": now + HOUR},
        {"starts_at": now - 9 * HOUR},
        {"ends_at": now - HOUR},
    ):
        with pytest.raises(DutyRefused):
            actions.change_shift(shift, **{**kept, **change}, phone=PHONE, by=lead)
    browser, url = client_of(lead), reverse("duty_change", args=[shift.pk])
    page = text_of(browser.get(url))
    assert "بدأت هذه المناوبة" in page and 'name="person"' not in page and shift.person.user.name in page
    end = typed(now + 3 * HOUR, "ends_at")
    assert browser.post(url, {**end, "phone": "0550000009"}).status_code == 302
    changed = DutyShift.objects.get(pk=shift.pk)
    assert (changed.person_id, changed.starts_at, changed.phone) == (shift.person_id, shift.starts_at, "+966550000009")
    assert changed.ends_at == (now + 3 * HOUR).replace(second=0, microsecond=0)


def test_a_form_that_was_opened_before_the_shift_began_changes_nothing(client_of: ClientOf) -> None:
    shift, other = a_shift(a_reviewer()), a_reviewer().acting
    assert other
    sent = {"person": other.pk, "phone": "0550000009", **typed(timezone.now() + HOUR, "ends_at")}
    answer = client_of(a_reviewer(Role.LEAD)).post(reverse("duty_change", args=[shift.pk]), sent)
    assert answer.status_code == 422
    assert "بدأت هذه المناوبة أثناء ذلك" in text_of(answer)
    assert DutyShift.objects.get(pk=shift.pk).phone == shift.phone


# --- Handing over ----------------------------------------------------------------------------------------------


def test_whoever_is_on_duty_hands_over_until_the_planned_end() -> None:
    reviewer, colleague = a_reviewer(), a_reviewer()
    shift = a_shift(reviewer)
    assert colleague.acting
    now = timezone.now()
    following = actions.hand_over(shift, to=colleague.acting, phone=PHONE, note="ظرف طارئ", by=reviewer)
    shift.refresh_from_db()
    assert abs(shift.ends_at - now) < timedelta(seconds=5)
    assert (following.starts_at, following.role) == (shift.ends_at, Role.REVIEWER)
    assert following.ends_at > now + 6 * HOUR
    [line] = logged()
    assert (line["roster"], line["other"], line["reason"]) == ("handed_over", shift.person_id, "ظرف طارئ")
    on_duty = DutyShift.objects.on_duty(at=timezone.now())
    assert [each.person.user for each in on_duty] == [colleague]


def test_a_strange_shift_is_not_handed_over_and_a_lead_may() -> None:
    shift, colleague = a_shift(a_reviewer()), a_reviewer()
    assert colleague.acting
    with pytest.raises(DutyRefused):
        actions.hand_over(shift, to=colleague.acting, phone=PHONE, note="أنا هنا", by=colleague)
    assert actions.hand_over(shift, to=colleague.acting, phone=PHONE, note="مرض", by=a_reviewer(Role.LEAD))


def test_a_shift_that_does_not_run_is_not_handed_over() -> None:
    reviewer, colleague = a_reviewer(), a_reviewer()
    shift = a_shift(reviewer, hours=(1, 9))
    assert colleague.acting
    with pytest.raises(DutyRefused):
        actions.hand_over(shift, to=colleague.acting, phone=PHONE, note="ظرف", by=reviewer)


# --- The page --------------------------------------------------------------------------------------------------


def test_the_page_says_who_is_on_duty_by_which_telephone_and_warns_of_gaps(client_of: ClientOf) -> None:
    reviewer = a_reviewer()
    a_shift(reviewer, hours=(-1, 24 * 8))
    page = text_of(client_of(a_reviewer(Role.AUDITOR)).get(reverse("duty_roster")))
    assert reviewer.name in page and "055 000 0001" in page
    assert reviewer.mobile not in page and reviewer.spoken_mobile not in page
    assert "رئيس المناوبة: لا أحد من" in page
    assert "مسؤول المتابعة المناوب: لا أحد من" not in page


def test_gaps_are_where_nobody_is_planned_in_the_coming_week() -> None:
    at = timezone.now()
    lead, reviewer = a_reviewer(Role.LEAD), a_reviewer()
    a_shift(lead, hours=(-1, 24 * 7 + 1))
    a_shift(reviewer, hours=(-1, 10))
    a_shift(reviewer, hours=(12, 24 * 9))
    [gap] = Roster.read(lead, at=at).gaps
    assert gap.post == "REVIEWER"
    assert round((gap.end - gap.start) / HOUR, 2) == 2


def test_the_roster_costs_one_query(django_assert_num_queries: Callable[[int], Any]) -> None:
    lead = a_reviewer(Role.LEAD)
    for n in range(10):
        a_shift(a_reviewer(), hours=(n * 8, n * 8 + 8))
    with django_assert_num_queries(1):
        roster = Roster.read(lead, at=timezone.now())
        [turn.shift.person.user.name for day in roster.days for turn in day.turns]
    assert sum(len(day.turns) for day in roster.days) == 10


def typed(moment: datetime, name: str) -> dict[str, str]:
    local = timezone.localtime(moment)
    return {f"{name}_date": f"{local:%d/%m/%Y}", f"{name}_time": f"{local:%H:%M}"}


def test_a_lead_plans_changes_and_removes_by_the_forms(client_of: ClientOf) -> None:
    lead, reviewer = a_reviewer(Role.LEAD), a_reviewer()
    browser, start = client_of(lead), timezone.now() + timedelta(days=2)
    assert reviewer.acting
    sent = {"role": "REVIEWER", "person": reviewer.acting.pk, "phone": "0550000001", **typed(start, "starts_at")}
    refused = browser.post(reverse("duty_add"), {**sent, **typed(start - HOUR, "ends_at")})
    assert refused.status_code == 422
    assert "تنتهي المناوبة قبل أن تبدأ." in text_of(refused)
    answer = browser.post(
        reverse("duty_add"), {**sent, "ends_at_time": f"{timezone.localtime(start + 8 * HOUR):%H:%M}"}
    )
    assert answer.status_code == 302
    shift = DutyShift.objects.get()
    assert shift.ends_at - shift.starts_at == 8 * HOUR
    change = {**sent, "phone": "0550000002", **typed(start + 9 * HOUR, "ends_at")}
    assert browser.post(reverse("duty_change", args=[shift.pk]), change).status_code == 302
    shift.refresh_from_db()
    assert shift.phone == "+966550000002"
    assert browser.get(reverse("duty_remove", args=[shift.pk])).status_code == 200
    assert browser.post(reverse("duty_remove", args=[shift.pk])).status_code == 302
    assert not DutyShift.objects.exists()
    assert [line["roster"] for line in logged()] == ["added", "changed", "removed"]


def test_a_reviewer_hands_her_own_shift_over_by_the_form_and_no_others(client_of: ClientOf) -> None:
    reviewer, colleague = a_reviewer(), a_reviewer()
    shift, strange = a_shift(reviewer), a_shift(a_reviewer())
    browser = client_of(reviewer)
    assert browser.get(reverse("duty_hand_over", args=[strange.pk])).status_code == 403
    assert browser.get(reverse("duty_add")).status_code == 403
    url = reverse("duty_hand_over", args=[shift.pk])
    assert colleague.acting
    sent = {"person": colleague.acting.pk, "phone": "0550000003", "note": ""}
    assert browser.post(url, sent).status_code == 422
    assert browser.post(url, {**sent, "note": "ظرف طارئ"}).status_code == 302
    assert colleague.name in text_of(browser.get(reverse("board")))


# --- The board -------------------------------------------------------------------------------------------------


def test_the_board_says_who_is_on_duty_the_lead_first(client_of: ClientOf) -> None:
    lead, reviewer = a_reviewer(Role.LEAD), a_reviewer()
    browser = client_of(a_reviewer())
    assert "لا أحد" in text_of(browser.get(reverse("board")))
    a_shift(reviewer), a_shift(lead)
    from incidents.forms.board import names_of_the_minute

    names_of_the_minute.cache_clear()
    page = text_of(browser.get(reverse("board")))
    line = page[page.index("المناوبون الآن") :]
    assert line.index(lead.name) < line.index(reviewer.name)


def test_the_board_says_when_it_read_who_is_on_duty_and_a_shift_ends_on_its_minute(client_of: ClientOf) -> None:
    """The names are read once a minute; their hours are judged each time."""
    reviewer, reader = a_reviewer(), a_reviewer()
    start = timezone.now().replace(second=0, microsecond=0) + HOUR
    DutyShift.objects.create(
        person=reviewer.acting, role=Role.REVIEWER, starts_at=start - HOUR, ends_at=start + 40 * SECOND, phone=PHONE
    )
    with time_machine.travel(start, tick=False):
        browser = client_of(reader)
        page = text_of(browser.get(reverse("board")))
        assert reviewer.name in page[page.index("المناوبون الآن") :]
        assert f"{timezone.localtime(start):%H:%M}" in page[page.index("كما في الساعة") :][:200]
    with time_machine.travel(start + 41 * SECOND, tick=False):
        page = text_of(browser.get(reverse("board")))
        assert "لا أحد" in page[page.index("المناوبون الآن") :]


@pytest.mark.parametrize(("late_minutes", "silent"), [(29, False), (31, True)])
def test_a_report_whose_update_is_late_by_half_its_time_is_called_silent(
    client_of: ClientOf, late_minutes: int, silent: bool
) -> None:
    service = a_service(tier=0)  # S1: an update every hour
    report = a_report(by=a_person(entity=service.entity), service=service)
    due = timezone.now() - timedelta(minutes=late_minutes)
    report.clocks.filter(kind="C3").update(started_at=due - HOUR, due_at=due)
    assert ("صامتة" in text_of(client_of(a_reviewer()).get(reverse("board")))) is silent


def test_an_update_ends_the_silence(client_of: ClientOf) -> None:
    service = a_service(tier=0)
    director = a_person(entity=service.entity)
    report = a_report(by=director, service=service)
    due = timezone.now() - 5 * HOUR
    report.clocks.filter(kind="C3").update(started_at=due - HOUR, due_at=due)
    actions.post_update(report, phase="identified", message="حُصر العطل في الشبكة", by=director)
    assert "صامتة" not in text_of(client_of(a_reviewer()).get(reverse("board")))
