"""A question that is written once says each time what it would say if it were written anew."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from entities.models import Membership, Session, User
from entities.permissions import Role
from entities.prepared import Prepared, key, moment, reader
from tests.factories import a_person, a_reviewer
from tests.marks import postgresql

pytestmark = pytest.mark.django_db


def of_person() -> QuerySet[Membership]:
    return Membership.objects.select_related("user", "entity").filter(user=key("person"))


def test_it_is_written_once_and_asked_with_other_values() -> None:
    one, other, question, written = a_person(), a_person(), Prepared(), []

    def build() -> QuerySet[Membership]:
        written.append(1)
        return of_person()

    for person in (one, other, one):
        (found,) = question.ask("all", build, person=person.pk)
        with CaptureQueriesContext(connection) as more:
            assert (found.user, found.entity) == (person, person.acting and person.acting.entity)
        assert len(more) == 0
    assert len(written) == 1


def test_the_rows_are_read_anew_and_are_others() -> None:
    person, question = a_person(), Prepared()
    (before,) = question.ask("all", of_person, person=person.pk)
    Membership.objects.filter(pk=before.pk).update(role=Role.ALTERNATE)
    (after,) = question.ask("all", of_person, person=person.pk)
    assert (before.role, after.role) == (Role.DIRECTOR, Role.ALTERNATE)
    Membership.objects.filter(pk=before.pk).delete()
    assert question.ask("all", of_person, person=person.pk) == []


def test_another_key_is_another_question() -> None:
    director, reviewer, question = a_person(), a_reviewer(), Prepared()

    def of_role(role: Role) -> list[Any]:
        return question.ask(role, lambda: Membership.objects.filter(role=role).values("user"))

    assert of_role(Role.DIRECTOR) == [{"user": director.pk}]
    assert of_role(Role.REVIEWER) == [{"user": reviewer.pk}]


def test_a_moment_may_be_moved() -> None:
    now, question = timezone.now(), Prepared()
    Session.objects.create(session_key="a", session_data="", expire_date=now)

    def ended(at: Any) -> list[Any]:
        before = moment("at") - timedelta(hours=1) - timedelta(hours=1)
        return question.ask("ended", lambda: Session.objects.filter(expire_date__lte=before).values_list("pk"), at=at)

    assert [bool(ended(now + timedelta(hours=hours))) for hours in (0, 1, 2, 3)] == [False, False, True, True]


def test_the_oldest_is_forgotten_where_there_are_too_many() -> None:
    question, written = Prepared(most=2), []

    def ask(number: int) -> None:
        def build() -> QuerySet[User]:
            written.append(number)
            return User.objects.filter(pk=number)

        question.ask(number, build)

    for number in (1, 2, 3, 3, 2, 1):
        ask(number)
    assert written == [1, 2, 3, 1]


def test_a_reader_in_another_role_is_another_reader() -> None:
    person = a_reviewer()
    as_reviewer = reader(person)
    assert person.acting is not None
    person.acting.role = Role.LEAD
    as_lead = reader(person)
    person.acting.by_code = "7"
    assert len({as_reviewer, as_lead, reader(person), reader(a_reviewer())}) == 4
    person.acting = None
    other = a_reviewer()
    other.acting = None
    assert reader(person) != reader(other), "nor is a person without a membership another one without"


@pytest.mark.wide
@postgresql
def test_of_a_fixed_question_only_what_is_asked_is_a_parameter() -> None:
    """Whatever stands in a constant: per cent, quotes, a list."""
    names = ["100%", "it's %s", "other"]
    people, question = [a_person(name_ar=name) for name in names], Prepared(fixed=True)

    def build() -> QuerySet[User]:
        found = User.objects.filter(name_ar__in=names[:2], pk__gte=key("first"))
        return found.exclude(name_ar__contains="99%").order_by("pk")

    asked: list[tuple[str, Any]] = []

    def seen(execute: Any, sql: str, parameters: Any, *rest: Any) -> Any:
        asked.append((sql, parameters))
        return execute(sql, parameters, *rest)

    with connection.execute_wrapper(seen):
        assert question.ask("all", build, first=0) == people[:2]
        assert question.ask("all", build, first=people[1].pk) == people[1:2]
    assert [len(parameters) for _sql, parameters in asked] == [1, 1]
    assert "it''s %%s" in asked[0][0]
