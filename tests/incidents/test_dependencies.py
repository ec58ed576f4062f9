"""The consumer declares, the provider confirms or denies; what is denied counts no more, and the consumer hears."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import AuditEvent, DigitalService, Notice, ServiceDependency, User
from entities.permissions import Role
from incidents import actions
from incidents.actions.dependencies import DependencyRefused
from notifications.actions import fan_out_new_events
from notifications.models import Delivery
from tests.factories import a_dependency, a_person, a_service
from tests.incidents.pages import messages_of, queries

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
State, Strength = ServiceDependency.State, ServiceDependency.Strength


@pytest.fixture
def ours() -> DigitalService:
    return a_service()


@pytest.fixture
def theirs() -> DigitalService:
    return a_service(tier=0)


@pytest.fixture
def consumer(ours: DigitalService) -> User:
    return a_person(Role.IT_LEADER, entity=ours.entity)


@pytest.fixture
def provider(theirs: DigitalService) -> User:
    return a_person(Role.DIRECTOR, entity=theirs.entity)


@pytest.fixture
def link(ours: DigitalService, theirs: DigitalService) -> ServiceDependency:
    return a_dependency(ours, theirs)


def done() -> list[str]:
    lines = AuditEvent.objects.filter(action=AuditEvent.Action.CATALOGUE).order_by("pk")
    return [line.data["done"] for line in lines]


# --- The consumer ------------------------------------------------------------------------------------------------
def test_a_consumer_declares_on_what_it_relies(
    client_of: Browser, consumer: User, ours: DigitalService, theirs: DigitalService
) -> None:
    sent = {"consumer": ours.pk, "provider_service": theirs.pk, "strength": "soft"}
    assert client_of(consumer).post(reverse("relies_on"), sent).status_code == 302
    link = ServiceDependency.objects.get()
    assert (link.consumer, link.provider, link.strength, link.state) == (ours, theirs, "soft", "declared")
    assert done() == ["declared"]


def test_the_search_without_a_script_finds_and_writes_nothing(
    client_of: Browser, consumer: User, theirs: DigitalService
) -> None:
    sent = {"provider_service_q": theirs.name_ar, "find": "provider_service"}
    page = client_of(consumer).post(reverse("relies_on"), sent)
    assert f'value="{theirs.pk}"' in page.content.decode()
    assert "error-summary" not in page.content.decode()
    assert not ServiceDependency.objects.exists()
    found = client_of(consumer).get(reverse("relies_on_search"), {"provider_service_q": theirs.name_ar})
    assert f'value="{theirs.pk}"' in found.content.decode()


@pytest.mark.parametrize("wrong", ["another's", "our own", "nothing"])
def test_what_may_not_be_declared_is_refused(
    wrong: str, client_of: Browser, consumer: User, ours: DigitalService, theirs: DigitalService
) -> None:
    sent = {
        "another's": {"consumer": theirs.pk, "provider_service": a_service().pk},
        "our own": {"consumer": ours.pk, "provider_service": a_service(entity=ours.entity).pk},
        "nothing": {},
    }[wrong]
    page = client_of(consumer).post(reverse("relies_on"), {**sent, "strength": "hard"})
    assert page.status_code == 422
    assert not ServiceDependency.objects.exists()


def test_the_same_is_recorded_once(client_of: Browser, consumer: User, link: ServiceDependency) -> None:
    sent = {"consumer": link.consumer_id, "provider_service": link.provider_id, "strength": "hard"}
    page = client_of(consumer).post("/en" + reverse("relies_on"), sent)
    assert page.status_code == 422
    assert "recorded already" in messages_of(page)


def test_how_much_it_hurts_is_the_consumers_word_and_the_confirmation_stays(
    client_of: Browser, consumer: User, link: ServiceDependency
) -> None:
    ServiceDependency.objects.update(state=State.CONFIRMED)
    client_of(consumer).post(reverse("dependency_weigh", args=[link.pk]), {"strength": "soft"})
    link.refresh_from_db()
    assert (link.strength, link.state) == ("soft", "confirmed")
    assert done() == ["strength_soft"]


def test_removing_asks_once_more(client_of: Browser, consumer: User, link: ServiceDependency) -> None:
    browser, url = client_of(consumer), reverse("dependency_remove", args=[link.pk])
    assert browser.get(url).status_code == 200
    assert ServiceDependency.objects.exists()
    browser.post(url)
    assert not ServiceDependency.objects.exists()
    assert done() == ["removed"]


# --- The provider ------------------------------------------------------------------------------------------------
def test_a_provider_confirms_what_the_page_showed_and_nothing_that_came_since(
    client_of: Browser, provider: User, link: ServiceDependency, theirs: DigitalService
) -> None:
    browser = client_of(provider)
    assert str(link.consumer.name_ar) in browser.get(reverse("relied_on_by")).content.decode()
    later = a_dependency(a_service(), theirs)
    browser.post(reverse("dependencies_confirm"), {"dependency": [link.pk]})
    link.refresh_from_db()
    later.refresh_from_db()
    assert (link.state, later.state) == ("confirmed", "declared")
    assert link.decided_by == provider.public_id
    assert link.decided_at is not None
    assert done() == ["confirmed"]
    assert AuditEvent.objects.filter(data__done="confirmed").get().entity == theirs.entity


def test_a_provider_denies_with_a_reason_and_the_consumer_is_told(
    client_of: Browser, consumer: User, provider: User, link: ServiceDependency
) -> None:
    browser, url = client_of(provider), reverse("dependency_deny", args=[link.pk])
    assert browser.post(url, {"reason": ""}).status_code == 422
    assert browser.post(url, {"reason": "لا تستدعي خدمتكم واجهاتنا"}).status_code == 302
    link.refresh_from_db()
    assert (link.state, link.denial_reason) == ("denied", "لا تستدعي خدمتكم واجهاتنا")
    line = AuditEvent.objects.get(data__done="denied")
    assert "تستدعي" not in str(line.data)  # what was typed stays out of the log
    fan_out_new_events(at=timezone.now())
    told = Delivery.objects.filter(notice__kind=Notice.Kind.DEPENDENCY_DENIED)
    assert {delivery.person for delivery in told} == {consumer}
    page = client_of(consumer).get(reverse("relies_on")).content.decode()
    assert "لا تستدعي خدمتكم واجهاتنا" in page


def test_a_consumer_declares_again_what_was_denied(
    consumer: User, provider: User, link: ServiceDependency, ours: DigitalService, theirs: DigitalService
) -> None:
    actions.deny_dependency(link, reason="لا", by=provider)
    again = actions.declare_dependency(consumer=ours, provider=theirs, strength="hard", by=consumer)
    assert (again.pk, again.state, again.denial_reason, again.decided_by) == (link.pk, "declared", "", None)


def test_a_provider_changes_its_mind(provider: User, link: ServiceDependency) -> None:
    actions.deny_dependency(link, reason="لا", by=provider)
    with pytest.raises(DependencyRefused):
        actions.deny_dependency(link, reason="لا", by=provider)
    assert actions.confirm_dependencies(ServiceDependency.objects.all(), by=provider) == 1
    link.refresh_from_db()
    assert (link.state, link.denial_reason) == ("confirmed", "")


def test_neither_side_speaks_for_the_other(
    client_of: Browser, consumer: User, provider: User, link: ServiceDependency
) -> None:
    assert client_of(consumer).get(reverse("dependency_deny", args=[link.pk])).status_code == 404
    assert client_of(provider).post(reverse("dependency_remove", args=[link.pk])).status_code == 404
    assert client_of(provider).post(reverse("dependency_weigh", args=[link.pk])).status_code == 404
    client_of(consumer).post(reverse("dependencies_confirm"), {"dependency": [link.pk]})
    link.refresh_from_db()
    assert link.state == "declared"
    with pytest.raises(DependencyRefused):
        actions.deny_dependency(link, reason="لا", by=consumer)
    with pytest.raises(DependencyRefused):
        actions.remove_dependency(link, by=provider)


def test_home_and_the_services_say_that_something_waits(
    client_of: Browser, provider: User, link: ServiceDependency
) -> None:
    browser = client_of(provider)
    assert reverse("relied_on_by") in browser.get("/").content.decode()
    assert "Waits for you" in browser.get("/en" + reverse("service_list")).content.decode()
    actions.confirm_dependencies(ServiceDependency.objects.all(), by=provider)
    assert reverse("relied_on_by") not in browser.get("/").content.decode()


def test_the_pages_cost_the_same_for_one_and_for_many(
    client_of: Browser, consumer: User, provider: User, link: ServiceDependency
) -> None:
    urls = [(client_of(consumer), reverse("relies_on")), (client_of(provider), reverse("relied_on_by"))]
    before = [queries(browser, url) for browser, url in urls]
    for _ in range(6):
        a_dependency(link.consumer, a_service())
        a_dependency(a_service(), link.provider, state="confirmed")
        a_dependency(a_service(), link.provider)
    assert [queries(browser, url) for browser, url in urls] == before
    assert max(before) <= 12, before


def test_a_member_only_looks(client_of: Browser, ours: DigitalService) -> None:
    browser = client_of(a_person(Role.MEMBER, entity=ours.entity))
    assert browser.get(reverse("service_list")).status_code == 200
    assert browser.get(reverse("relies_on")).status_code == 403
    assert not list(get_messages(browser.get("/").wsgi_request))
