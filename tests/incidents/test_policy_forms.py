"""A line of a draft: lengths as people count them, and only what clocks, reminders and severity can read."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict

from entities.permissions import Role
from incidents.forms.policy import MarkForm, PointsForm, RuleForm
from incidents.models import ClockRule, Policy, ReminderMark
from incidents.rulebook.lengths import BY_CODE, counted, mark_code
from tests.factories import a_person
from tests.incidents.policies import a_draft_policy, rule_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft() -> Policy:
    return a_draft_policy(by=a_person(Role.ADMIN))


def typed(**fields: Any) -> QueryDict:
    found = QueryDict(mutable=True)
    for name, value in {"seen": 0, **fields}.items():
        found.setlist(name, [str(each) for each in value] if isinstance(value, list) else [str(value)])
    return found


def rule(policy: Policy, **fields: Any) -> RuleForm:
    return RuleForm(typed(**{"clock": "C1", "severity": 1, "number": 45, "unit": "minutes", **fields}), policy=policy)


def mark(policy: Policy, **fields: Any) -> MarkForm:
    usual = {"clock": "C3", "side": "before", "number": 20, "unit": "minutes", "audience": ["ALTERNATE", "DIRECTOR"]}
    return MarkForm(typed(**{**usual, **fields}), policy=policy)


def test_every_length_of_the_first_policy_is_told_and_read_back_alike() -> None:
    for row in ClockRule.objects.all():
        number, unit = counted(row.minutes, row.calendar)
        assert ((number or 0) * unit.minutes, unit.calendar) == (row.minutes, row.calendar)


def test_every_reminder_of_the_first_policy_is_opened_and_saved_alike(draft: Policy) -> None:
    for row in ReminderMark.objects.filter(policy=draft):
        before = row.as_mark
        form = MarkForm(policy=draft, mark=row)
        said = {name: form[name].value() for name in form.fields if form[name].value() is not None}
        again = MarkForm(typed(**said), policy=draft, mark=row)
        assert again.is_valid(), (before, again.errors)
        assert again.written().as_mark == before


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"number": ""}, "number"),
        ({"number": 0}, "number"),
        ({"number": 401, "unit": "days"}, "number"),
        ({"unit": "morning"}, "number"),
        ({"unit": "fortnights"}, "unit"),
        ({"clock": "M3"}, "clock"),
        ({"clock": "M1", "kind": "MNT", "severity": ""}, "unit"),  # the lead time is working time
        ({"clock": "C2", "kind": "MNT"}, "kind"),
        ({"emergency": "yes"}, "emergency"),
        ({}, "__all__"),  # there is one for S1 already
        ({"severity": "", "tier": 0}, "__all__"),  # as exact as those by severity
    ],
)
def test_a_rule_that_no_clock_could_live_by_is_refused(draft: Policy, fields: dict[str, Any], wrong: str) -> None:
    form = rule(draft, **fields)
    assert not form.is_valid()
    assert list(form.errors) == [wrong]


def test_a_more_exact_rule_is_written(draft: Policy) -> None:
    form = rule(draft, tier=0, number="٢", unit="working-hours")
    assert form.is_valid(), form.errors
    row = form.written()
    assert (row.kind, row.severity, row.tier, row.minutes, row.calendar) == (None, 1, 0, 120, "working")


def test_a_rule_is_changed_without_being_its_own_rival(draft: Policy) -> None:
    row = rule_of(draft, "C1", severity=1)
    form = RuleForm(typed(clock="C1", severity=1, number=2, unit="hours"), policy=draft, rule=row)
    assert form.is_valid(), form.errors


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"number": ""}, "number"),
        ({"number": 100, "unit": "percent"}, "number"),
        ({"audience": []}, "audience"),
        ({"audience": ["ADMIN"]}, "audience"),
        ({"audience": ["DIRECTOR", "CONSUMERS"]}, "audience"),  # of an update nobody is told by a reminder
        ({"clock": "C1"}, "clock"),
        ({"number": 10}, "__all__"),  # there is one ten minutes before
    ],
)
def test_a_reminder_that_could_not_go_out_is_refused(draft: Policy, fields: dict[str, Any], wrong: str) -> None:
    form = mark(draft, **fields)
    assert not form.is_valid()
    assert list(form.errors) == [wrong]


@pytest.mark.parametrize(
    ("percent", "minutes", "code"),
    [(0, 0, "due"), (-20, 0, "at-80"), (50, 0, "plus-50"), (0, -10, "before-10"), (0, 30, "plus-30m"),
     (0, -180, "before-3h"), (0, 2880, "plus-2d")],
)  # fmt: skip
def test_the_name_of_a_reminder_says_on_which_side_it_speaks(percent: int, minutes: int, code: str) -> None:
    assert mark_code(percent, minutes) == code


def test_two_reminders_at_one_moment_are_refused_whatever_they_are_called(draft: Policy) -> None:
    ReminderMark.objects.filter(policy=draft, clock="C3", code="before-10").update(code="soon")
    form = mark(draft, number=10)
    assert not form.is_valid()
    assert list(form.errors) == ["__all__"]


def test_points_are_small_whole_numbers(draft: Policy) -> None:
    names = list(PointsForm(policy=draft).rows)
    form = PointsForm(typed(**{**dict.fromkeys(names, 3), names[0]: 21}), policy=draft)
    assert list(form.errors) == [names[0]]
    assert PointsForm(typed(**dict.fromkeys(names, 3)), policy=draft).is_valid()


def test_each_unit_has_a_name_of_its_own() -> None:
    assert len(BY_CODE) == len({str(unit.label) for unit in BY_CODE.values()})
