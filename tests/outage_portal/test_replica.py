"""Which requests are read from the database's copy, and that it is never the reader's trouble."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.db import OperationalError, connection, connections
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, ResolverMatch, get_resolver, resolve, reverse
from django.utils import timezone, translation

from entities import replica
from entities.models import User
from entities.permissions import Role
from notifications.figures import figures
from notifications.health import degraded_parts
from outage_portal.doctor import database as doctor
from outage_portal.replica import COOKIE, OWN_WRITES_FOR, READERS, WRITE_NOTHING, ReadFromReplica
from tests.factories import a_person, a_report, a_reviewer
from tests.marks import postgresql

ClientOf = Callable[[User], Client]


def matched(path: str) -> ResolverMatch:
    with translation.override("en" if path.startswith("/en/") else "ar"):
        return resolve(path)


def asked(path: str, view: Callable[..., HttpResponse], *, method: str = "GET", wrote: bool = False) -> Any:
    """What the middleware answers itself; None leaves it to the primary."""
    request = RequestFactory().generic(method, path)
    request.resolver_match = matched(path)
    if wrote:
        request.COOKIES[COOKIE] = "1"
    return ReadFromReplica(lambda _: HttpResponse()).process_view(request, view, (), {})


def reads(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(replica.reads_from())


def test_without_a_copy_it_is_not_there() -> None:
    with pytest.raises(MiddlewareNotUsed):
        ReadFromReplica(lambda _: HttpResponse())


def test_every_page_it_names_is_one() -> None:
    known = {name for name in _names(get_resolver()) if isinstance(name, str)}
    assert known >= READERS | WRITE_NOTHING
    assert not READERS & WRITE_NOTHING


def _names(found: Any) -> set[Any]:
    """Those under the languages as well."""
    return set(found.reverse_dict) | {
        name for each in found.url_patterns if hasattr(each, "url_patterns") for name in _names(each)
    }


@pytest.mark.django_db(transaction=True)
def test_a_page_that_reads_is_read_from_the_copy(replica_fit: None) -> None:
    for path in ("/", "/board/", "/reports/", "/en/reports/OUT-2030-000001/", "/status/"):
        assert asked(path, reads).content == b"replica"
        assert asked(path, reads, method="HEAD").content == b"replica"
    assert replica.reads_from() == "default"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "path",
    ["/accounts/sign-in/", "/accounts/sessions/", "/admin/", "/audit/", "/operations/", "/readyz", "/metrics",
     "/reports/new/own-outage/", "/reports/OUT-2030-000001/final/", "/calendar/feed/token.ics", "/wall/", "/team/"],
)  # fmt: skip
def test_what_is_not_named_asks_the_primary(replica_fit: None, path: str) -> None:
    assert asked(path, reads) is None


@pytest.mark.django_db(transaction=True)
def test_what_writes_and_whoever_has_written_asks_the_primary(replica_fit: None) -> None:
    assert asked("/reports/", reads, method="POST") is None
    assert asked("/reports/", reads, wrote=True) is None


@pytest.mark.django_db(transaction=True)
def test_a_copy_that_is_not_fit_is_not_asked(replica_fit: None) -> None:
    replica.turn_away()
    assert asked("/reports/", reads) is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("error", "stays"), [(Http404(), True), (LookupError(), True), (OperationalError(), False)])
def test_what_the_copy_cannot_give_the_primary_is_asked_for(
    replica_fit: None,
    error: Exception,
    stays: bool,
) -> None:
    """A page that is not there yet is no reason to leave the copy; an error of its database is."""

    def fails(_request: HttpRequest) -> HttpResponse:
        raise error

    assert asked("/reports/", fails) is None
    assert replica.is_fit() is stays


@pytest.mark.parametrize(
    ("method", "path", "name", "marked"),
    [
        ("POST", "/reports/new/own-outage/", "file_own_outage", True),
        ("POST", "/reports/OUT-2030-000001/presence/", "report_presence", False),
        ("GET", "/reports/", "report_list", False),
        ("GET", "/accounts/nafath/callback/", "nafath_callback", True),
        ("GET", "/en/accounts/nafath/callback/", "nafath_callback", True),
        ("POST", "/nowhere/", "", True),
    ],
)
def test_whoever_may_have_written_is_marked_for_a_while(
    replica_named: None,
    method: str,
    path: str,
    name: str,
    marked: bool,
) -> None:
    request = RequestFactory().generic(method, path)
    request.resolver_match = matched(path) if name else None
    cookie = ReadFromReplica(lambda _: HttpResponse())(request).cookies.get(COOKIE)
    assert bool(cookie) is marked
    if cookie:
        assert cookie["max-age"] == OWN_WRITES_FOR and cookie["httponly"]
    assert replica.MOST_BEHIND + replica.KNOWN_FOR < OWN_WRITES_FOR


# --- What is said of it ---------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.usefixtures("replica_named", "own_cache")
@pytest.mark.parametrize(("lag", "limps", "alarms"), [(0.3, False, False), (3.0, True, False), (None, True, True)])
def test_how_it_is_stands_in_readyz_the_metrics_and_the_doctor(
    monkeypatch: pytest.MonkeyPatch, lag: float | None, limps: bool, alarms: bool
) -> None:
    monkeypatch.setattr(replica, "measure", lambda: lag)
    assert ("replica" in degraded_parts()) is limps
    [figure] = [each for each in figures(at=timezone.now()) if each.name == "portal_replica_lag_seconds"]
    assert (figure.value, figure.is_bad) == (lag, alarms)
    finding = doctor._replica()
    assert finding.is_well is not limps and ("does not answer" if lag is None else str(lag)) in finding.found


@pytest.mark.django_db
def test_without_a_copy_nothing_is_said_of_one(own_cache: None) -> None:
    assert "replica" not in degraded_parts()
    assert "portal_replica_lag_seconds" not in {each.name for each in figures(at=timezone.now())}


# --- With a browser, on PostgreSQL ----------------------------------------------------------------------------------


def reports_read(client: Client, path: str, *, shows: str) -> set[str]:
    """From which databases a page that shows this has read reports."""
    with CaptureQueriesContext(connection) as primary, CaptureQueriesContext(connections["replica"]) as copy:
        page = client.get(path)
    assert page.status_code == 200 and shows in page.content.decode()
    asked = {"default": primary, "replica": copy}
    return {name for name, queries in asked.items() if any("incidents_report" in each["sql"] for each in queries)}


@postgresql
@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_a_directors_list_comes_from_the_copy_until_she_writes(replica_fit: None, client_of: ClientOf) -> None:
    director = a_person(Role.DIRECTOR)
    report, client = a_report(by=director), client_of(director)
    assert reports_read(client, "/reports/", shows=report.reference) == {"replica"}
    client.post("/inbox/read-all/")
    assert reports_read(client, "/reports/", shows=report.reference) == {"default"}


@postgresql
@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_a_page_of_the_copy_asks_the_primary_no_more_than_before(replica_fit: None, client_of: ClientOf) -> None:
    reviewer = a_reviewer()
    report, client = a_report(), client_of(reviewer)
    for path in ("/board/", f"/reports/{report.reference}/", "/status/", "/inbox/"):
        client.cookies[COOKIE] = "1"
        client.get(path)  # what is remembered is read
        with CaptureQueriesContext(connection) as before:
            assert client.get(path).status_code == 200
        del client.cookies[COOKIE]
        with CaptureQueriesContext(connection) as after, CaptureQueriesContext(connections["replica"]) as copy:
            assert client.get(path).status_code == 200
        assert copy and len(after) < len(before), path


@postgresql
@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_a_copy_that_is_gone_when_a_page_is_asked_for_is_not_noticed(replica_fit: None, client_of: ClientOf) -> None:
    director = a_person(Role.DIRECTOR)
    report, client = a_report(by=director), client_of(director)
    connections["replica"].settings_dict |= {"HOST": "127.0.0.1", "PORT": "1"}
    page = client.get("/reports/")
    assert page.status_code == 200 and report.reference in page.content.decode()
    assert not replica.is_fit()


@postgresql
@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_every_page_is_answered_by_the_copy_as_by_the_primary(replica_fit: None, client_of: ClientOf) -> None:
    a_report(by=(director := a_person(Role.DIRECTOR)))
    pages = _addresses()
    assert len(pages) > 15
    for client in (client_of(director), client_of(a_reviewer())):
        for page in pages:
            client.cookies[COOKIE] = "1"
            from_primary = client.get(page).status_code
            del client.cookies[COOKIE]
            assert client.get(page).status_code == from_primary < 500, page
            assert replica.is_fit(), f"{page} was asked of the primary again"


def _addresses() -> list[str]:
    """Of those that need no argument."""
    found = []
    for name in sorted(READERS):
        with suppress(NoReverseMatch):
            found.append(reverse(name))
    return found
