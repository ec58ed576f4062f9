"""The entity's home: the doors, what is owed, how things stand; the same cost for ten reports and for five hundred."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from entities.models import Membership, User
from entities.permissions import Role
from incidents import actions
from incidents.forms.doors import EMERGENCY, FIRST_QUESTION
from incidents.lifecycle import ClockKind, ReportKind
from incidents.models import Clock, Report
from tests.factories import a_dependency, a_person, a_report, a_reviewer, a_service, a_team, an_entity, answers
from tests.incidents.typed import a_director

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


def home(browser: Client, language: str = "en") -> str:
    response = browser.get("/en/" if language == "en" else "/")
    assert response.status_code == 200
    return str(response.content.decode())


def test_the_doors_stand_first_and_the_urgent_one_before_all(client_of: Browser) -> None:
    page = home(client_of(a_director()), "ar")
    places = [page.index(f'href="{door.url}"') for door in FIRST_QUESTION]
    assert places == sorted(places)
    assert page.index("door--urgent") < places[1]
    assert 'class="doors doors--short"' in page


def test_what_is_owed_is_listed_by_its_moment_and_the_authoritys_debts_are_not(client_of: Browser) -> None:
    director = a_director()
    assert director.acting is not None
    low = a_report(
        by=director, service=a_service(entity=director.acting.entity, tier=3, users_per_day=1), impact="minor"
    )
    high = a_report(by=director, service=a_service(entity=director.acting.entity, tier=0))
    page = home(client_of(director))
    owed = page[page.index("owed-title") : page.index("recent-title")]
    assert owed.index(high.reference) < owed.index(low.reference)
    assert owed.count("Next update") == 2
    assert "Acknowledgement" not in owed


def test_a_running_outage_stands_before_what_a_closed_report_promised(
    client_of: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many are due before it."""
    monkeypatch.setattr("incidents.views.home.OWED", 1)
    director = a_director()
    assert director.acting is not None
    running, *closed = (a_report(by=director, service=a_service(entity=director.acting.entity)) for _n in range(4))
    for report in closed:
        actions.restore(report, restored_at=timezone.now(), by=director)
        report.clocks.running().update(due_at=timezone.now() - timedelta(days=3))
    page = home(client_of(director))
    owed = page[page.index("owed-title") : page.index("recent-title")]
    assert running.reference in owed
    assert not any(report.reference in owed for report in closed)


def test_neither_many_debts_of_ours_nor_many_questions_of_others_hide_the_other(
    client_of: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("incidents.views.home.OWED", 1)
    monkeypatch.setattr("incidents.views.home.COUNTED", 2)
    director = a_director()
    assert director.acting is not None
    urgent, asked = (a_service(entity=director.acting.entity, tier=tier) for tier in (0, 3))
    ours = [a_report(by=director, service=urgent).reference for _n in range(5)]
    for _n in range(3):
        a_report(ReportKind.CONSUMED_OUTAGE, by=a_person(), provider=asked)
    assert "2 reports about our services wait" in home(client_of(director))
    Clock.objects.filter(kind=ClockKind.D1).update(due_at=timezone.now() - timedelta(hours=1))
    page = home(client_of(director))
    assert any(reference in page[page.index("owed-title") : page.index("recent-title")] for reference in ours)


def test_another_entitys_debts_are_not_ours(client_of: Browser) -> None:
    theirs = a_report()
    assert theirs.reference not in home(client_of(a_director()))


def test_nothing_owed_says_so(client_of: Browser) -> None:
    assert "Nothing is owed" in home(client_of(a_director()))


def test_services_we_rely_on_stand_with_what_their_owners_reported(client_of: Browser) -> None:
    director = a_director()
    assert director.acting is not None
    ours = a_service(entity=director.acting.entity)
    down, planned, quiet = (a_service(name_en=name) for name in ("Downy", "Planny", "Quieta"))
    for provider in (down, planned, quiet):
        a_dependency(ours, provider)
    a_report(by=a_person(entity=down.entity), service=down)
    start = timezone.now() + timedelta(hours=5)
    a_report(
        ReportKind.MAINTENANCE, by=a_person(entity=planned.entity), service=planned,
        window_start=start, window_end=start + timedelta(hours=1),
    )  # fmt: skip
    page = home(client_of(director))
    listed = page[page.index("relied-on-title") :]
    assert listed.index("Downy") < listed.index("Outage") < listed.index("Planny")
    assert listed.index("Planny") < listed.index("Maintenance within a day") < listed.index("Quieta")
    assert listed.index("Quieta") < listed.index("Nothing reported")
    assert page.count("We are affected too") == 1
    assert (
        page.index("A service that you rely on is down") < page.index("We are affected too") < page.index("owed-title")
    )


def test_what_we_have_reported_of_anothers_service_is_shown_instead_of_asked_again(client_of: Browser) -> None:
    director = a_director()
    assert director.acting is not None
    down = a_service(name_en="Downy")
    a_dependency(a_service(entity=director.acting.entity), down)
    a_report(by=a_person(entity=down.entity), service=down)
    ours = a_report(ReportKind.CONSUMED_OUTAGE, by=director, provider=down)
    page = home(client_of(director))
    assert "We are affected too" not in page
    assert page.index("Reported by you:") < page.index(ours.reference)


def test_a_leader_sees_who_sends_reports_and_no_door_she_may_not_use(client_of: Browser) -> None:
    director = a_director()
    assert director.acting is not None
    for role in (Role.IT_LEADER, Role.HEAD_CONTACT):
        page = home(client_of(a_person(role, entity=director.acting.entity)))
        assert director.name_en in page
        assert reverse("file_own_outage") not in page


def test_a_leader_without_anybody_who_can_file_is_led_to_the_appointment(client_of: Browser) -> None:
    page = home(client_of(a_person(Role.IT_LEADER)))
    assert "Nobody can report an outage" in page
    assert f'href="/en{reverse("team")}"' in page


def test_a_director_without_a_registered_team_registers_it_in_one_press(client_of: Browser) -> None:
    browser = client_of(a_person(Role.DIRECTOR))
    assert f'action="/en{reverse("team_register")}"' in home(browser)
    browser.post(reverse("team_register"))
    assert reverse("team_register") not in home(browser)


def test_registering_leads_nowhere_but_home(client_of: Browser) -> None:
    browser = client_of(a_person(Role.DIRECTOR))
    assert browser.post(reverse("team_register"), {"next": "https://evil.example/"})["Location"] == reverse("team")


def test_a_suspended_director_files_nothing(client_of: Browser) -> None:
    leader = a_person(Role.IT_LEADER)
    assert leader.acting is not None
    a_team(leader.acting.entity)
    person = a_person(Role.DIRECTOR, entity=leader.acting.entity)
    Membership.objects.filter(user=person).update(status=Membership.Status.SUSPENDED)
    assert "Nobody can report an outage" in home(client_of(leader))


def test_a_member_sees_the_doors_and_who_sends(client_of: Browser) -> None:
    director = a_director()
    assert director.acting is not None
    page = home(client_of(a_person(Role.MEMBER, entity=director.acting.entity)))
    assert f"/en{FIRST_QUESTION[0].url}" in page
    assert director.name_en in page


def test_what_was_recorded_by_telephone_waits_for_a_word(client_of: Browser) -> None:
    director = a_director()
    assert director.acting is not None
    entity = director.acting.entity
    reviewer = a_reviewer()
    filed = actions.record_phoned_report(
        kind="OUT", entity=entity, key=Report._meta.get_field("key").default(),
        answers=answers(service=a_service(entity=entity)), caller="منى الشهري", called_at=timezone.now(), by=reviewer,
    )  # fmt: skip
    address = reverse("confirm_recorded", args=[filed.report.reference])
    browser = client_of(director)
    assert address in home(browser)
    assert client_of(a_director()).post(address).status_code == 404
    assert client_of(a_person(Role.MEMBER, entity=entity)).post(address).status_code == 403
    browser.post(address)
    assert address not in home(browser)
    assert Report.objects.get().entity_confirmed_at is not None


def test_people_of_the_authority_are_led_to_the_board(client_of: Browser) -> None:
    assert client_of(a_reviewer()).get("/")["Location"] == reverse("board")


def test_the_first_question_names_emergency_works_too(client_of: Browser) -> None:
    page = client_of(a_director()).get(reverse("report_new")).content.decode()
    assert EMERGENCY.url in page


@pytest.mark.parametrize("reports", [3, 40])
def test_home_costs_the_same_whatever_the_entity_has_filed(reports: int, client_of: Browser) -> None:
    director = a_director()
    assert director.acting is not None
    services = [a_service(entity=director.acting.entity, tier=n % 4) for n in range(4)]
    for n in range(reports):
        a_report(by=director, service=services[n % 4])
    for service in services:
        a_dependency(service, a_service(entity=an_entity()))
    browser = client_of(director)
    home(browser)
    with CaptureQueriesContext(connection) as queries:
        home(browser)
    framing = ("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT")
    asked = [query["sql"] for query in queries.captured_queries if not query["sql"].startswith(framing)]
    assert len(asked) <= 13, "\n".join(sql[:120] for sql in asked)
