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
from django.utils import timezone

from crisis_teams.models import CrisisTeam
from entities.models import Entity, ServiceDependency, User
from entities.permissions import Permission, Role, permissions_of
from incidents import actions
from incidents.lifecycle import ClockKind, ReportKind
from incidents.models import Attachment, CallTask, Draft, DutyShift, Incident, OutsideReader, Report, SilentOutage
from notifications.models import Delivery
from tests.conftest import sign_in
from tests.factories import a_dependency, a_person, a_report, a_service, a_shift, an_entity
from tests.once import Once

CANARY = "كناري-canary"
METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
#: How htmx asks; every answer to it is looked at as well as the page.
SWAPS = ("get", "post")


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
    call: CallTask  # the authority's, to B's team
    alarm: SilentOutage  # about B's service
    incident: Incident  # the authority's, over B's report; nothing of it is sent to anybody
    dependency: ServiceDependency  # on B's service
    outside: OutsideReader  # the authority's: an address that is told of incidents

    def foreign(self, name: str, argument: str) -> Any:
        """B's value for an argument of a URL; an unknown argument fails the test."""
        values: dict[str, Any] = {
            "reference": self.report.reference,
            "key": self.draft.key,
            "attachment": self.attachment.pk,
            "delivery": self.delivery.pk,
            "shift": self.shift.pk,
            "call": self.call.pk,
            "alarm": self.alarm.pk,
            "alarm_rule": 1,
            "incident": self.incident.reference,
            "number": 1,
            "dependency": self.dependency.pk,
            "outside": self.outside.pk,
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
            "freeze": 1,
            "note": 1,  # of the duty desk
            "screen": 1,  # of the operations room
            "view": 1,  # a saved filter of the board: the authority's
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
            SilentOutage.objects.filter(pk=self.alarm.pk).values_list("version", "closed_at").first(),
            list(Incident.objects.values_list("pk", "state", "acknowledged_at", "name_ar", "group_mode")),
            list(self.incident.members.values_list("report", "unlinked_at")),
            list(self.incident.situation_reports.values_list("text_ar", "sent_at")),
            list(OutsideReader.objects.values_list("pk", "asked", "confirmed_at", "ended_at")),
            list(CallTask.objects.values_list("pk", "taken_by", "reached_at", "version")),
            list(DutyShift.objects.values_list("pk", "person", "starts_at", "ends_at", "phone")),
            list(ServiceDependency.objects.order_by("pk").values_list("consumer", "provider", "strength", "state")),
            team,
        )


def a_world() -> World:
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
        event=report.events.first(), person=director, membership=director.acting, channel="in_app", state="sent"
    )
    shift = a_shift(a_person(Role.REVIEWER, name_ar=f"سارة {CANARY}", name_en=f"Sara {CANARY}"))
    clock = report.clocks.filter(kind=ClockKind.C3).get()
    call = CallTask.objects.create(report=report, clock=clock, opened_at=timezone.now())
    alarm = SilentOutage.objects.create(
        service=service, entity=entity, opened_at=timezone.now(), since=timezone.now(), severity=1, minutes=60,
        consumers=2, relying=2, evidence=CANARY,
    )  # fmt: skip
    lead = a_person(Role.LEAD)
    incident = actions.open_incident([report], name_ar=f"حادث {CANARY}", name_en=f"Incident {CANARY}", by=lead)
    actions.prepare_situation(incident, by=lead)
    dependency = a_dependency(a_service(), service)
    outside = actions.add_outside_reader(
        address="ops@example.sa", office=f"غرفة {CANARY}", language="both", sectors=[], by=lead
    )
    return World(
        entity, director, report, draft, attachment, delivery, shift, call, alarm, incident, dependency, outside
    )


@pytest.fixture(scope="module", autouse=True)
def first_world(once: Once) -> World:
    return once.build(a_world)


@pytest.fixture
def world(db: None, once: Once, first_world: World) -> World:
    """The module's world as it was built, whatever the tests before have done to it."""
    return once.again(first_world)


def _url(world: World, name: str) -> str:
    return reverse(name, kwargs={a: world.foreign(name, a) for a in arguments(PATTERNS[name])})


def test_every_view_declares_who_may_see_it() -> None:
    undeclared = [name for name, p in PATTERNS.items() if not hasattr(p.callback, "access")]
    assert undeclared == []


def test_every_url_has_a_name_of_its_own() -> None:
    names = [pattern.name for pattern in leaves()]
    assert None not in names
    assert len(names) == len(set(names))


def test_a_stranger_without_a_session_is_led_to_the_sign_in(world: World, client: Client) -> None:
    for name, pattern in PATTERNS.items():
        if pattern.callback.access == "public":  # type: ignore[attr-defined]  # declared, see above
            continue
        response = client.get(_url(world, name))
        assert response.status_code in {302, 405}, name
        if response.status_code == 302:
            assert "/accounts/sign-in/" in response["Location"], name


@pytest.mark.parametrize("role", ROLES)
def test_a_role_without_the_permission_is_refused(
    world: World, role: Role, client_of: Callable[[User], Client]
) -> None:
    browser = client_of(a_person(role))
    for name, pattern in PATTERNS.items():
        access = pattern.callback.access  # type: ignore[attr-defined]  # declared, see above
        if isinstance(access, str) or permissions_of(role) & set(access):
            continue
        for method in ("get", "post"):
            status = getattr(browser, method)(_url(world, name)).status_code
            assert status in {403, 404, 405}, f"{role} {method} {name}: {status}"


#: What another entity may see of B: everyone picks any active service as the one that fails her.
MAY_NAME_A_SERVICE = {"file_consumed_outage", "file_because_of_another", "service_search", "provider_search"}


#: Arguments that name a thing of B's.
OF_A_THING = {
    "reference", "attachment", "delivery", "membership", "entity_code", "service", "shift", "call", "incident",
    "dependency", "outside",
}  # fmt: skip


def watch_a_stranger(
    world: World,
    name: str,
    role: Role,
    client_of: Callable[[User], Client],
    *,
    methods: tuple[str, ...] = METHODS,
    before: tuple[Any, ...] | None = None,
) -> tuple[Any, ...]:
    """Another entity's person asks for a URL of B's in every way: she is shown and changes nothing.

    Answers with B's rows as they still are: they are the next stranger's `before`.
    """
    stranger = a_person(role)
    browser = client_of(stranger)
    before, url = before or world.digest(), _url(world, name)
    for method, headers in [*((each, {}) for each in methods), *((each, {"HX-Request": "true"}) for each in SWAPS)]:
        response = getattr(browser, method)(url, headers=headers)
        assert response.status_code < 500, f"{role} {method} {name}: {response.status_code}"
        body = b"".join(response.streaming_content) if response.streaming else response.content
        if name not in MAY_NAME_A_SERVICE:
            assert CANARY not in body.decode(errors="ignore"), f"{role} {method} {name} shows B's words"
        if OF_A_THING & set(arguments(PATTERNS[name])):
            assert response.status_code in {403, 404, 405, 302}, f"{role} {method} {name}"
        if not browser.session.get("_auth_user_id"):
            browser = client_of(stranger)  # the walk came by the sign-out
    after = world.digest()
    assert after == before, f"{role} changed B's rows by {name}"
    return after


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_another_entity_sees_and_changes_nothing(world: World, name: str, client_of: Callable[[User], Client]) -> None:
    seen = watch_a_stranger(world, name, Role.DIRECTOR, client_of)
    for role in (Role.IT_LEADER, Role.MEMBER, Role.HEAD_CONTACT):  # no view tells a method apart by the role
        watch_a_stranger(world, name, role, client_of, methods=SWAPS, before=seen)


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_nothing_an_outsider_sends_makes_a_500(world: World, name: str, client: Client) -> None:
    url, values = _url(world, name), ("x" * 300, "-1", "%2e%2e", "OUT-2026-999999", str(uuid.uuid4()), "٠٠٧")
    public = PATTERNS[name].callback.access == "public"  # type: ignore[attr-defined]  # declared, see above
    unread = values if public else values[:1]  # what is led to the sign-in is read by nobody
    for browser, sent_by_her in ((client, unread), (sign_in(Client(), world.director), values)):
        for value in sent_by_her:
            query = f"?page={value}&q={value}&severity={value}&cursor={value}&draft={value}&token={value}"
            answer = browser.get(url + query)
            assert answer.status_code < 500
            if answer.streaming:
                b"".join(answer.streaming_content)  # a download holds its file until it is read
            sent = browser.post(url, {"x": value, "version": value, "key": value})
            assert sent.status_code < 500


def test_permissions_named_by_views_are_permissions() -> None:
    for pattern in PATTERNS.values():
        access = pattern.callback.access  # type: ignore[attr-defined]  # declared, see above
        assert access in {"public", "signed_in"} or all(isinstance(p, Permission) for p in access)
