"""A quiet night stays quiet; a silent one climbs the ladder, rung by rung, to the right people (`make night`)."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from bench.night import Heard, Night

pytestmark = [pytest.mark.django_db, pytest.mark.wide]
OUTAGES = 8


@pytest.fixture(autouse=True)
def _nothing_leaves(settings: Any) -> None:
    settings.SMS_GATEWAY = "notifications.channels.InApp"


def _night(*, punctual: bool) -> tuple[Night, list[Heard]]:
    evening = timezone.localtime().replace(hour=22, minute=0, second=0, microsecond=0)
    night = Night(punctual, evening, OUTAGES)
    return night, night.pass_by()


def test_the_punctual_hear_fewer_than_two_messages_an_hour_and_report() -> None:
    _, heard = _night(punctual=True)
    assert len({line.report for line in heard}) == OUTAGES
    assert [line for line in heard if line.an_hour >= 2] == []
    team = [line for line in heard if line.role in {"DIRECTOR", "ALTERNATE"}]
    assert all(line.sms == 1 for line in team), "the receipt alone is an SMS: nobody punctual is reminded"
    assert not [line for line in heard if line.role == "HEAD_CONTACT"]


def test_the_silent_are_reminded_and_the_ladder_climbs_to_the_top() -> None:
    night, heard = _night(punctual=False)
    rungs = [line.split(maxsplit=2) for line in list(night.ladder())[1:]]
    assert [(mark, roles) for _minutes, mark, roles in rungs] == [
        ("before-10", "ALTERNATE, DIRECTOR"),
        ("due", "MEMBER"),
        ("plus-25", "IT_LEADER"),
        ("plus-50", "REVIEWER"),
        ("plus-100", "HEAD_CONTACT, LEAD"),
    ]
    climbed = {line.messages for line in heard if line.severity == 1 and line.role == "DIRECTOR"}
    assert len(climbed) == 1 and climbed.pop() < 9, "each ladder is climbed once"
