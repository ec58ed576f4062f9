"""What every test stands on: the policy's rows, guards that survive a flush, a client that is signed in."""

from __future__ import annotations

import gc
import secrets
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.conf import settings as portal
from django.core.cache import cache
from django.test import Client, TransactionTestCase
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from entities import limits
from entities.models import User
from incidents import board, choices, defaults
from incidents.forms.board import names_of_the_minute
from incidents.models import freeze, policy
from incidents.views import board as board_views
from tests import web_role
from tests.web_role import requests_come_from_outside  # noqa: F401  # a fixture for all

if TYPE_CHECKING:
    from tests.a_collector import Posted

pytest_plugins = ["tests.simulator_process", "tests.browser", "tests.a_replica", "tests.once"]

#: What takes longest begins first, or at the end of a run one worker is busy with it and the others wait.
#: Holds with `--dist loadfile --no-loadscope-reorder`: by itself xdist takes the files with most tests first.
LONGEST = (
    "tests/journeys/test_every_page", "tests/test_urls.py", "tests/journeys/test_walk.py",
    "tests/incidents/test_machine.py", "tests/outage_portal/test_demo", "tests/journeys/", "tests/test_leaks.py",
    "tests/outage_portal/test_seed", "tests/test_migrations.py",
)  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="A skipped test is a failed one: for .ci/run.")


def pytest_configure() -> None:
    web_role.may_take_its_time()
    if portal.REDIS_URL:  # each worker of the suite keeps its part of the cache to itself
        portal.CACHES["default"] |= {"BACKEND": "tests.own_keys.OwnKeys", "KEY_PREFIX": secrets.token_hex(4)}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """After pytest-randomly has shuffled: inside a file, and among all the others, its order stands."""

    def place(item: pytest.Item) -> int:
        return next((n for n, path in enumerate(LONGEST) if item.nodeid.startswith(path)), len(LONGEST))

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """What was imported stays to the end: no collection of garbage need look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and item.config.getoption("--no-skips"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and nothing may be: {report.longrepr}"
    return report


@pytest.fixture(scope="session", autouse=True)
def _flush_lifts_the_guards() -> Iterator[None]:
    """A flush of the test's database deletes; the guards go down for it, and nowhere else."""
    original = TransactionTestCase._fixture_teardown

    def teardown(self: TransactionTestCase) -> None:
        web_role.flush()
        defaults.write(apps.get_model)
        policy.rules_of.cache_clear()

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = original  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def _no_key_stays() -> Iterator[None]:
    yield
    cache.clear()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """At the end PostgreSQL drops no database that somebody is in: a server's thread may still hold a connection."""
    with django_db_blocker.unblock():
        web_role.settle()
    yield
    with django_db_blocker.unblock():
        web_role.unsettle()


def forget() -> None:
    """All that the process remembers of rows: the next test has others."""
    cache.clear()
    policy.rules_of.cache_clear()
    policy._read_calendar.cache_clear()
    freeze._read_freezes.cache_clear()
    choices._lists.cache_clear()
    board.STANDING.forget()
    board_views.LISTED.forget()
    names_of_the_minute.cache_clear()


@pytest.fixture(autouse=True)
def _fresh_memory(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"
    settings.WHITENOISE_AUTOREFRESH = True  # or every client of every test reads the whole folder of static files
    forget()


def sign_in(client: Client, person: User) -> Client:
    """A session as nafath_auth writes it."""
    client.force_login(person, backend="nafath_auth.backends.KnownPeople")
    session = client.session
    now = int(timezone.now().timestamp())
    session.update({"started_at": now, "seen_at": now, "nafath_at": now, "memberships": 1})
    if person.acting is not None:
        session["membership_id"] = person.acting.pk
    session.save()
    return client


@pytest.fixture
def own_cache(settings: Any) -> None:
    """A cache of this test's own, and in memory."""
    own = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "own"}
    settings.CACHES = {**settings.CACHES, "default": own}
    cache.clear()


@pytest.fixture
def one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is limited in number is counted by the clock's minutes: no test stands across the end of one."""
    monkeypatch.setattr(limits.time, "time", lambda: 1_800_000_000.0)


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A browser in which the person is signed in."""
    return lambda person: sign_in(Client(), person)


@pytest.fixture
def posted(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Posted]:
    """A collector of traces is named, and what would be sent to it is kept. Who uses none of it imports none of it."""
    from entities import spans, tracing
    from tests.a_collector import Posted

    kept = Posted()
    settings.TRACES_ENDPOINT = "http://collector.example:4318/v1/traces"
    monkeypatch.setattr(spans, "OTLPSpanExporter", lambda **_where: kept)
    yield kept
    tracing.end()
