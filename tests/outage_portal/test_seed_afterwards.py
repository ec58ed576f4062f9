"""Stale stories are told to their end and told anew; what a person touched is hers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.models import Report
from outage_portal.seed.afterwards import Outcome, keep_up_to_date, seeded, untouched
from outage_portal.seed.people import Cast
from outage_portal.seed.today import OPEN_STORIES
from tests import factories
from tests.once import Once
from tests.outage_portal.conftest import Told

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def seeded_hours_ago() -> int:
    return 9


@dataclass
class Refreshed:
    """What stood there before, what people did, and what the second start answered."""

    outcome: tuple[Outcome, int]
    stale: dict[int, datetime] = field(default_factory=dict)
    events: dict[int, str] = field(default_factory=dict)
    touched: dict[str, int] = field(default_factory=dict)


@pytest.fixture(scope="module")
def refreshed(once: Once, told: Told) -> Refreshed:
    """Four reports are touched by hand; then the demo starts again, nine hours after the first time."""
    return once.build(touched_and_begun_again)


def touched_and_begun_again() -> Refreshed:
    touched = {
        "updated": updated_by_hand(),
        "noted": noted_by_hand(),
        "final": final_report_begun_by_hand(),
        "filed": filed_by_hand(),
    }
    stale = {report.pk: report.events.last().at for report in untouched().open() if report.pk != touched["final"]}
    events = {event.pk: event.hash for report in seeded() for event in report.events.all()}
    outcome = keep_up_to_date(now=timezone.now().replace(microsecond=0), reports=0)
    return Refreshed(outcome, stale, events, touched)


def one(place: str) -> Report:
    entity, _dot, code = place.partition(".")
    return Report.objects.open().get(kind="OUT", entity__code=entity, main_service__code=code)


def person(entity: str, role: Role) -> User:
    found = Cast.from_database().first(entity, role)
    assert found is not None
    return found


def updated_by_hand() -> int:
    report = one("demo-a.verification")
    actions.post_update(report, phase="identified", message="كُتب هذا بيد شخص.", by=person("demo-a", Role.DIRECTOR))
    return report.pk


def noted_by_hand() -> int:
    report = one("demo-c.laboratory")
    actions.add_note(report, text="ملاحظة بيد شخص", by=person("dga", Role.REVIEWER))
    return report.pk


def final_report_begun_by_hand() -> int:
    report = one("demo-f.municipal-licences")
    actions.save_final(report, columns={"lessons": "كُتب بيد شخص"}, by=person("demo-f", Role.DIRECTOR))
    return report.pk


def filed_by_hand() -> int:
    director = person("demo-b", Role.DIRECTOR)
    assert director.acting is not None
    service = director.acting.entity.services.get(code="permits")
    return factories.a_report(by=director, service=service, at=timezone.now() - timedelta(hours=3)).pk


def test_stale_stories_end_and_the_set_is_filed_anew(refreshed: Refreshed) -> None:
    assert refreshed.outcome == (Outcome.REFRESHED, OPEN_STORIES)
    assert len(refreshed.stale) >= OPEN_STORIES - 3
    still_open = set(Report.objects.open().values_list("pk", flat=True))
    assert not still_open & set(refreshed.stale)
    assert len(still_open) == OPEN_STORIES + len(refreshed.touched)
    assert Report.objects.late(at=timezone.now()).filter(waits_on_authority=True).exists()


def test_every_chain_stays_whole(refreshed: Refreshed) -> None:
    call_command("verify_history")


def test_nothing_that_was_told_is_moved(refreshed: Refreshed) -> None:
    after = {event.pk: event.hash for report in seeded() for event in report.events.all()}
    assert refreshed.events.items() <= after.items()


def test_an_end_comes_after_the_last_event_and_before_now(refreshed: Refreshed) -> None:
    for pk, moment in refreshed.stale.items():
        later = list(Report.objects.get(pk=pk).events.filter(at__gt=moment).values_list("at", flat=True))
        assert later and later == sorted(later) and later[-1] <= timezone.now()


def test_an_update_by_hand_keeps_the_report(refreshed: Refreshed) -> None:
    report = Report.objects.get(pk=refreshed.touched["updated"])
    assert report.is_open and report.events.last().data["message"] == "كُتب هذا بيد شخص."


def test_a_note_by_hand_keeps_the_report(refreshed: Refreshed) -> None:
    assert Report.objects.get(pk=refreshed.touched["noted"]).is_open


def test_a_final_report_begun_by_hand_keeps_the_report(refreshed: Refreshed) -> None:
    report = Report.objects.get(pk=refreshed.touched["final"])
    assert report.status == "RESTORED" and report.final_report.lessons == "كُتب بيد شخص"


def test_a_report_filed_by_hand_stays_and_its_clocks_stay_silent(refreshed: Refreshed) -> None:
    report = Report.objects.get(pk=refreshed.touched["filed"])
    assert report.is_open and report.event_count == 1


def test_a_story_without_a_team_ends_by_telephone(refreshed: Refreshed) -> None:
    ended = Report.objects.get(pk__in=refreshed.stale, entity__code="demo-d", main_service__code="events", kind="OUT")
    assert ended.status == "NOT_REPORTABLE"
