"""Who relies on whom, through others and round circles: one query, and every service once."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from entities.models import DigitalService, ServiceDependency
from entities.models.graph import DEPTH, Blast
from tests.factories import a_dependency, a_person, a_service, an_entity

pytestmark = pytest.mark.django_db
SOFT = ServiceDependency.Strength.SOFT


def chain(*services: DigitalService) -> None:
    """Each relies on the one before."""
    for provider, consumer in pairwise(services):
        a_dependency(consumer, provider)


def seen(service: DigitalService) -> list[tuple[int, int, bool, bool]]:
    return [(r.service, r.distance, r.hard, r.at_once) for r in ServiceDependency.objects.downstream([service])]


def test_downstream_goes_through_others_and_says_how_far() -> None:
    first, second, third = (a_service() for _ in range(3))
    chain(first, second, third)
    with CaptureQueriesContext(connection) as queries:
        assert seen(first) == [(second.pk, 1, True, True), (third.pk, 2, True, False)]
    assert len(queries) == 1
    assert [(r.service, r.distance) for r in ServiceDependency.objects.upstream([third])] == [
        (second.pk, 1),
        (first.pk, 2),
    ]


def test_a_circle_ends_and_counts_each_once() -> None:
    first, second, third = (a_service(users_per_day=10) for _ in range(3))
    chain(first, second, third, first)
    assert [row[:2] for row in seen(first)] == [(second.pk, 1), (third.pk, 2)]
    chain(third, second)  # a circle that does not hold the first
    assert Blast.of(ServiceDependency.objects.downstream([first])) == Blast(services=2, entities=2, users=20, stops=2)


def test_a_soft_step_makes_the_way_soft_unless_another_way_is_hard() -> None:
    first, second, third, fourth = (a_service() for _ in range(4))
    a_dependency(second, first, strength=SOFT)
    a_dependency(third, second)
    a_dependency(fourth, first)
    assert [row[2] for row in seen(first)] == [False, True, False]
    a_dependency(second, fourth)
    assert seen(first)[0] == (second.pk, 1, True, False)  # it stops, by the longer way
    assert {row[2] for row in seen(first)} == {True}


def test_what_is_denied_counts_no_more_and_leads_nowhere() -> None:
    first, second, third = (a_service() for _ in range(3))
    chain(first, second, third)
    ServiceDependency.objects.filter(provider=first).update(state="denied", denial_reason="لا ارتباط")
    assert seen(first) == []
    assert list(ServiceDependency.objects.in_force().values_list("provider", flat=True)) == [second.pk]


def test_a_service_that_is_no_longer_active_feels_nothing_and_passes_nothing_on() -> None:
    first, second, third = (a_service() for _ in range(3))
    chain(first, second, third)
    DigitalService.objects.filter(pk=second.pk).update(is_active=False)
    assert seen(first) == []


def test_an_entity_relies_on_what_its_active_services_rely_on() -> None:
    ours, old = (service := a_service()), a_service(entity=service.entity, is_active=False)
    needed, denied, once, aside = (a_service() for _ in range(4))
    for consumer, provider in ((ours, needed), (ours, denied), (old, once), (ours, old), (aside, once)):
        a_dependency(consumer, provider)
    ServiceDependency.objects.filter(provider=denied).update(state="denied", denial_reason="لا ارتباط")
    assert list(DigitalService.objects.relied_on_by(ours.entity)) == [needed]


def test_an_entity_counts_once_and_a_service_of_unknown_users_adds_none() -> None:
    provider, entity = a_service(), an_entity()
    for users in (None, 7):
        a_dependency(a_service(entity=entity, users_per_day=users), provider, strength=SOFT)
    found = ServiceDependency.objects.downstream([provider])
    assert Blast.of(found) == Blast(services=2, entities=1, users=7, stops=0)


def test_a_walk_ends_at_its_depth() -> None:
    chain(*(services := [a_service() for _ in range(DEPTH + 3)]))
    assert len(seen(services[0])) == DEPTH


def test_nothing_is_asked_of_no_service() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert ServiceDependency.objects.downstream([]) == []
    assert not queries


def test_a_denial_without_a_reason_is_refused_by_the_database() -> None:
    link = a_dependency(a_service(), a_service())
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceDependency.objects.filter(pk=link.pk).update(state="denied")


def test_a_third_entity_sees_neither_end() -> None:
    link = a_dependency(a_service(), a_service())
    assert not ServiceDependency.objects.visible_to(a_person()).exists()
    for service in (link.consumer, link.provider):
        assert ServiceDependency.objects.visible_to(a_person(entity=service.entity)).get() == link
