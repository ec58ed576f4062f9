"""Every URL × every role × own and foreign object. A new URL fails here until somebody says what a stranger may see."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from crisis_teams.models import CrisisTeam
from entities.models import Entity, ServiceDependency, User
from entities.permissions import Permission, Role, permissions_of
from incidents.lifecycle import ReportKind
from incidents.models import Attachment, Draft, DutyShift, Report
from notifications.models import Delivery
from tests.factories import a_dependency, a_person, a_report, a_service, a_shift, an_entity

CANARY = "كناري-canary"
METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


def leaves(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    """Every pattern of ours; Django admin is walked by its own test."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                yield from leaves(pattern)
        else:
            yield pattern


def arguments(pattern: URLPattern) -> list[str]:
    return list(pattern.pattern.regex.groupindex)


PATTERNS = {str(pattern.name): pattern for pattern in leaves()}
ROLES = list(Role)


@dataclass
class World:
    """B's things, with a canary in their texts; everybody else is a stranger to them."""

    entity: Entity
    director: User
    report: Report
    draft: Draft
    attachment: Attachment
    delivery: Delivery
    shift: DutyShift  # the authority's
    dependency: ServiceDependency  # on B's service

    def foreign(self, name: str, argument: str) -> Any:
        """B's value for an argument of a URL; an unknown argument fails the test."""
        values: dict[str, Any] = {
            "reference": self.report.reference,
            "key": self.draft.key,
            "attachment": self.attachment.pk,
            "delivery": self.delivery.pk,
            "shift": self.shift.pk,
            "dependency": self.dependency.pk,
            "entity_code": self.entity.code,
            "membership": self.director.acting.pk if self.director.acting else 0,
            "slug": "own-outage",
            "role": "director",
            "service": self.report.main_service_id,
            "transaction": uuid.uuid4(),
            "token": "not-a-token",  # a good one is its holder's: tests/notifications/test_unsubscribing.py
            # The policy is the authority's; version 1 is in force.
            "version": 1,
            "other": 1,
            "rule": 1,
            "mark": 1,
        }
        assert argument in values, f"{name}: say what a stranger may see of <{argument}>"
        return values[argument]

    def digest(self) -> tuple[Any, ...]:
        """What must not change under a stranger's hands."""
        self.report.refresh_from_db()
        team = sorted(self.entity.memberships.values_list("pk", "role", "status", "delegated"))
        return (
            self.report.version,
            self.report.event_count,
            self.report.status,
            Draft.objects.filter(pk=self.draft.pk).values_list("version", "text").first(),
            Report.objects.filter(entity=self.entity).count(),
            Delivery.objects.filter(pk=self.delivery.pk).values_list("read_at", "state").first(),
            list(DutyShift.objects.values_list("pk", "person", "starts_at", "ends_at", "phone")),
            list(ServiceDependency.objects.order_by("pk").values_list("consumer", "provider", "strength", "state")),
            team,
        )


@pytest.fixture
def world(db: None) -> World:
    entity = an_entity(name_ar=f"الجهة {CANARY}", name_en=f"Entity {CANARY}")
    director = a_person(Role.DIRECTOR, entity=entity, name_ar=f"خالد {CANARY}", name_en=f"Khalid {CANARY}")
    service = a_service(entity=entity, name_ar=f"خدمة {CANARY}", name_en=f"Service {CANARY}")
    report = a_report(by=director, service=service, summary=f"تعذّر الدخول {CANARY}")
    attachment = Attachment.objects.create(
        report=report, name=f"{CANARY}.txt", file=ContentFile(CANARY.encode(), "x.txt"), content_type="text/plain",
        size=1, sha256="0", added_by=director,
    )  # fmt: skip
    CrisisTeam.objects.create(
        entity=entity, decision_file=ContentFile(CANARY.encode(), "x.txt"), decision_name="x.txt",
        decision_type="text/plain",
    )  # fmt: skip
    draft = Draft.objects.create(
        entity=entity, kind=ReportKind.OWN_OUTAGE, text={"summary": CANARY}, started_by=director, last_writer=director
    )
    delivery = Delivery.objects.create(
        event=report.events.get(), person=director, membership=director.acting, channel="in_app", state="sent"
    )
    shift = a_shift(a_person(Role.REVIEWER, name_ar=f"سارة {CANARY}", name_en=f"Sara {CANARY}"))
    dependency = a_dependency(a_service(), service)
    return World(entity, director, report, draft, attachment, delivery, shift, dependency)


def _url(world: World, name: str) -> str:
    return reverse(name, kwargs={a: world.foreign(name, a) for a in arguments(PATTERNS[name])})


def test_every_view_declares_who_may_see_it() -> None:
    undeclared = [name for name, p in PATTERNS.items() if not hasattr(p.callback, "access")]
    assert undeclared == []


def test_every_url_has_a_name_of_its_own() -> None:
    names = [pattern.name for pattern in leaves()]
    assert None not in names
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_a_stranger_without_a_session_is_led_to_the_sign_in(world: World, name: str, client: Client) -> None:
    if PATTERNS[name].callback.access == "public":  # type: ignore[attr-defined]  # declared, see above
        return
    response = client.get(_url(world, name))
    assert response.status_code in {302, 405}
    if response.status_code == 302:
        assert "/accounts/sign-in/" in response["Location"]


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_a_role_without_the_permission_is_refused(world: World, name: str, client_of: Callable[[User], Client]) -> None:
    access = PATTERNS[name].callback.access  # type: ignore[attr-defined]  # declared, see above
    if isinstance(access, str):
        return
    for role in ROLES:
        if permissions_of(role) & set(access):
            continue
        browser = client_of(a_person(role))
        for method in ("get", "post"):
            status = getattr(browser, method)(_url(world, name)).status_code
            assert status in {403, 404, 405}, f"{role} {method} {name}: {status}"


#: What another entity may see of B: everyone picks any active service as the one that fails her.
MAY_NAME_A_SERVICE = {"file_consumed_outage", "file_because_of_another", "service_search", "provider_search"}


#: Arguments that name a thing of B's.
OF_A_THING = {"reference", "attachment", "delivery", "membership", "entity_code", "service", "shift", "dependency"}


def watch_a_stranger(
    world: World, name: str, role: Role, client_of: Callable[[User], Client], *, methods: tuple[str, ...] = METHODS
) -> None:
    """Another entity's person asks for a URL of B's in every way: she is shown and changes nothing."""
    stranger = a_person(role)
    browser = client_of(stranger)
    before, url = world.digest(), _url(world, name)
    for method in methods:
        for headers in ({}, {"HX-Request": "true"}):
            response = getattr(browser, method)(url, headers=headers)
            assert response.status_code < 500, f"{role} {method} {name}: {response.status_code}"
            body = b"".join(response.streaming_content) if response.streaming else response.content
            if name not in MAY_NAME_A_SERVICE:
                assert CANARY not in body.decode(errors="ignore"), f"{role} {method} {name} shows B's words"
            if OF_A_THING & set(arguments(PATTERNS[name])):
                assert response.status_code in {403, 404, 405, 302}, f"{role} {method} {name}"
            if not browser.session.get("_auth_user_id"):
                browser = client_of(stranger)  # the walk came by the sign-out
    assert world.digest() == before, f"{role} changed B's rows by {name}"


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_another_entity_sees_and_changes_nothing(world: World, name: str, client_of: Callable[[User], Client]) -> None:
    for role in (Role.DIRECTOR, Role.IT_LEADER, Role.MEMBER, Role.HEAD_CONTACT):
        watch_a_stranger(world, name, role, client_of)


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_nothing_an_outsider_sends_makes_a_500(world: World, name: str, client: Client) -> None:
    for value in ("x" * 300, "-1", "%2e%2e", "OUT-2026-999999", str(uuid.uuid4()), "٠٠٧"):
        for person in (None, world.director):
            browser = client
            if person is not None:
                from tests.conftest import sign_in

                browser = sign_in(Client(), person)
            for query in ("", f"?page={value}&q={value}&severity={value}&cursor={value}&draft={value}&token={value}"):
                answer = browser.get(_url(world, name) + query)
                assert answer.status_code < 500
                if answer.streaming:
                    b"".join(answer.streaming_content)  # a download holds its file until it is read
            assert browser.post(_url(world, name), {"x": value, "version": value, "key": value}).status_code < 500


def test_permissions_named_by_views_are_permissions() -> None:
    for pattern in PATTERNS.values():
        access = pattern.callback.access  # type: ignore[attr-defined]  # declared, see above
        assert access in {"public", "signed_in"} or all(isinstance(p, Permission) for p in access)
