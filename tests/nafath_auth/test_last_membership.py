"""The membership used last stands first; a person with one is never asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from entities.models import Membership, User
from entities.permissions import Role
from nafath_auth.actions import act_as
from tests.factories import a_membership, a_person, an_entity

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    """Somebody with two memberships, who has chosen neither yet."""
    person = a_person(role=None)
    for name in ("أ", "ب"):
        a_membership(person, role=Role.DIRECTOR, entity=an_entity(name_ar=f"جهة {name}"))
    return person


def offered(client: Client) -> list[int]:
    page = client.get(reverse("choose_entity"))
    return [membership.pk for membership, _sentence in page.context["choices"]]


def second(person: User) -> Membership:
    return person.memberships.order_by("-entity__name_ar")[0]


def test_without_a_last_one_they_stand_by_name(person: User, client_of: Callable[[User], Client]) -> None:
    by_name = list(person.memberships.order_by("entity__name_ar").values_list("pk", flat=True))
    assert offered(client_of(person)) == by_name


def test_choosing_is_remembered_and_stands_first(person: User, client_of: Callable[[User], Client]) -> None:
    chosen = second(person)
    client_of(person).post(reverse("choose_entity"), {"membership": chosen.pk})
    person.refresh_from_db()
    assert person.last_membership == chosen
    person.acting = None
    again = client_of(person)
    assert offered(again)[0] == chosen.pk
    assert "Used last" in again.get("/en" + reverse("choose_entity")).content.decode()


def test_one_that_may_not_be_used_any_more_is_not_offered(person: User, client_of: Callable[[User], Client]) -> None:
    chosen = act_as(second(person), by=person)
    Membership.objects.filter(pk=chosen.pk).update(status=Membership.Status.ENDED)
    person.acting = None
    assert chosen.pk not in offered(client_of(person))


def test_the_last_one_of_another_person_counts_for_nothing(person: User, client_of: Callable[[User], Client]) -> None:
    theirs = a_membership(a_person(role=None), role=Role.DIRECTOR)
    User.objects.filter(pk=person.pk).update(last_membership=theirs)
    assert theirs.pk not in offered(client_of(person))
