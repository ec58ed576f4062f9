"""The map of a service: whom a reader sees by name, what is only counted, and that it holds 200 as well as none."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import DigitalService, ServiceDependency, User
from entities.permissions import Role
from incidents import actions
from incidents.drawing import draw
from incidents.models import Report
from incidents.relations import ROWS, Relations
from tests.factories import a_dependency, a_person, a_report, a_reviewer, a_service, a_team, an_entity
from tests.incidents.pages import queries
from tests.incidents.typed import minimal

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


@pytest.fixture
def service() -> DigitalService:
    return a_service(tier=0)


@pytest.fixture
def team(service: DigitalService) -> User:
    return a_person(Role.DIRECTOR, entity=service.entity)


def shown(browser: Client, service: DigitalService) -> str:
    response = browser.get("/en" + reverse("service_map", args=[service.pk]))
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_team_sees_its_consumers_by_name_and_those_behind_as_a_number(
    client_of: Browser, service: DigitalService, team: User
) -> None:
    near, far = a_service(), a_service()
    a_dependency(near, service)
    a_dependency(far, near)
    page = shown(client_of(team), service)
    assert near.name_en in page
    assert far.name_en not in page and far.entity.name_en not in page  # one promise
    assert "and 1 further service" in page
    page = shown(client_of(a_reviewer()), service)
    assert far.name_en in page
    assert "further service" not in page


def test_a_consumer_sees_its_own_end_of_anothers_map_and_a_stranger_none(
    client_of: Browser, service: DigitalService
) -> None:
    ours, other = a_service(), a_service()
    a_dependency(ours, service)
    a_dependency(other, service)
    page = shown(client_of(a_person(entity=ours.entity)), service)
    assert ours.name_en in page
    assert other.name_en not in page
    stranger = client_of(a_person())
    assert stranger.get(reverse("service_map", args=[service.pk])).status_code == 404


def test_a_denied_link_is_shown_to_both_ends_and_leads_nowhere(
    client_of: Browser, service: DigitalService, team: User
) -> None:
    denied = a_dependency(a_service(), service, state="denied", denial_reason="No call reaches us")
    behind = a_service()
    a_dependency(behind, denied.consumer)
    page = shown(client_of(team), service)
    assert "Denied" in page
    assert "No call reaches us" in page
    assert "map-line--denied" in page
    assert "further service" not in page
    assert "If this service is down" not in page


def test_a_service_that_is_down_is_marked(client_of: Browser, service: DigitalService, team: User) -> None:
    upstream = a_service()
    a_dependency(service, upstream, strength="soft")
    a_report(by=a_person(entity=upstream.entity), service=upstream)
    page = shown(client_of(team), service)
    assert "map-box--down" in page
    assert 'map-line--soft" d="M' in page


def test_a_circle_is_drawn_once_on_each_side(service: DigitalService) -> None:
    other = a_service()
    a_dependency(service, other)
    a_dependency(other, service)
    relations = Relations(service, reader=a_reviewer(), at=timezone.now())
    for side in (relations.upstream, relations.downstream):
        ((box,),) = side.columns
        assert box.alone and box.alone.service == other and box.alone.in_circle
    drawing = draw(relations, mirrored=False)
    assert len(drawing.places) == 3
    assert len(drawing.lines) == 2


def test_from_right_to_left_what_is_upstream_stands_at_the_right(service: DigitalService) -> None:
    upstream = a_service()
    a_dependency(service, upstream)
    relations = Relations(service, reader=a_reviewer(), at=timezone.now())
    for mirrored in (False, True):
        first, middle = draw(relations, mirrored=mirrored).places
        assert (first.x > middle.x) is mirrored


def test_a_map_of_two_hundred_is_gathered_by_entity_and_costs_the_same(
    client_of: Browser, service: DigitalService, team: User
) -> None:
    browser, url = client_of(team), reverse("service_map", args=[service.pk])
    a_dependency(a_service(), service)
    before = queries(browser, url)
    entities = [an_entity() for _ in range(20)]
    many = DigitalService.objects.bulk_create(
        DigitalService(entity=entities[n % 20], code=f"many-{n}", name_ar=f"خدمة {n}", name_en=f"Service no. {n}")
        for n in range(200)
    )
    ServiceDependency.objects.bulk_create(ServiceDependency(consumer=each, provider=service) for each in many)
    assert queries(browser, url) == before
    page = shown(browser, service)
    assert page.count("<foreignObject") == ROWS + 1
    assert "12 further entities" in page
    assert len(re.findall(r"Service no\. \d", page)) > 100


def test_a_map_of_nothing_says_so(client_of: Browser, service: DigitalService, team: User) -> None:
    page = shown(client_of(team), service)
    assert "No service is known to rely on this one." in page
    assert page.count("<foreignObject") == 1


def test_filing_shows_the_blast_radius_before_it_is_sent(client_of: Browser, service: DigitalService) -> None:
    """Computed from the graph: through two levels, and round a circle."""
    director = a_person(Role.DIRECTOR, entity=service.entity)
    a_team(service.entity)
    near, far, soft = (a_service(users_per_day=1000) for _ in range(3))
    a_dependency(near, service)
    a_dependency(far, near)
    a_dependency(near, far)
    a_dependency(soft, service, strength="soft")
    browser = client_of(director)
    by_link = browser.get("/en" + reverse("file_own_outage"), {"service": service.pk}).content.decode()
    live = browser.post("/en" + reverse("preview", args=["own-outage"]), minimal("own-outage", service=service))
    pressed = browser.post("/en" + reverse("file_own_outage"), {**minimal("own-outage", service=service), "find": "x"})
    assert "See what follows from it" in by_link and not Report.objects.exists(), "without a script by one press"
    for page in (by_link, live.content.decode(), pressed.content.decode()):
        words = re.sub(r"<[^>]+>|\s+", " ", page)
        words = re.sub(r" +", " ", words)
        assert "3 services of 3 entities" in words
        assert "2 of them stop without it" in words
        assert "about 3,000 users a day feel it" in words


def test_the_authority_sees_it_on_the_report_and_the_entity_does_not(
    client_of: Browser, service: DigitalService, team: User
) -> None:
    a_dependency(a_service(), service)
    report = a_report(by=team, service=service)
    url, part = (f"/en{reverse(name, args=[report.reference])}" for name in ("report_detail", "report_blast"))
    reviewer = client_of(a_reviewer())
    assert reverse("report_blast", args=[report.reference]) in reviewer.get(url).content.decode()
    assert "stops without it" in reviewer.get(part, headers={"HX-Request": "true"}).content.decode()
    assert reviewer.get(part)["Location"].endswith(reverse("service_map", args=[service.pk]))
    assert "Blast radius" not in client_of(team).get(url).content.decode()


def test_what_is_denied_is_told_to_nobody_by_itself(service: DigitalService, team: User) -> None:
    from notifications.recipients import audience
    from notifications.register import Register

    consumer = a_person(Role.DIRECTOR)
    assert consumer.acting is not None
    link = a_dependency(a_service(entity=consumer.acting.entity), service)
    event = a_report(by=team, service=service).events.get()
    assert consumer in [each.membership.user for each in audience(event, Register([event]))]
    actions.deny_dependency(link, reason="لا", by=team)
    assert consumer not in [each.membership.user for each in audience(event, Register([event]))]
