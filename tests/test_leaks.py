"""The walker of tests/test_urls.py is worth its word: leaks are planted one at a time, and each turns it red.

The first six break the first lock, `visible_to`, with the second out of the way; then every door stands open, and what
PostgreSQL holds alone stays green until its own lock is broken in three ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from crisis_teams.models import CrisisTeamQuerySet
from entities import permissions, row_security
from entities.models import User
from entities.permissions import Permission, Role
from incidents.models import Attachment
from incidents.models.attachment import AttachmentQuerySet
from incidents.models.draft import DraftQuerySet
from incidents.models.report_query import ReportQuerySet
from incidents.views import reports
from notifications.models import DeliveryQuerySet
from outage_portal.checks import POLICIES
from tests import test_urls
from tests.test_urls import PATTERNS, World, watch_a_stranger
from tests.web_role import as_owner

ClientOf = Callable[[User], Client]
Plant = Callable[[pytest.MonkeyPatch], object]
first_world, world = test_urls.first_world, test_urls.world


def _everything(found: Any, _user: User) -> Any:
    return found


def _open(door: type) -> Plant:
    """A view with a bare `.objects`."""
    return lambda patch: patch.setattr(door, "visible_to", _everything)


def _child_without_its_parent(patch: pytest.MonkeyPatch) -> None:
    """The file is found by its own key, and nobody asks whose report it hangs on."""
    case = SimpleNamespace(report=Attachment.objects.get().report, outside=False)
    patch.setattr(reports, "find", lambda *_asked: case)
    patch.setattr(AttachmentQuerySet, "visible_to", _everything)
    patch.setattr(reports.actions, "mark_reading", lambda *_said, **_rest: None)


def _log_for_a_role_too_many(patch: pytest.MonkeyPatch) -> None:
    granted = permissions.ROLE_PERMISSIONS[Role.DIRECTOR] | {Permission.AUDIT_VIEW}
    patch.setitem(permissions.ROLE_PERMISSIONS, Role.DIRECTOR, granted)


#: What is planted, and the URL at which the walker finds it.
LEAKS: dict[str, tuple[Plant, str]] = {
    "a report with a bare .objects": (_open(ReportQuerySet), "report_detail"),
    "a file without its report": (_child_without_its_parent, "attachment_download"),
    "a download without its door": (_open(CrisisTeamQuerySet), "team_decision_file"),
    "anybody's drafts": (_open(DraftQuerySet), "report_new"),
    "anybody's messages": (_open(DeliveryQuerySet), "inbox_open"),
    "the security log for a role too many": (_log_for_a_role_too_many, "audit_log"),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_in_the_first_lock_turns_the_walker_red(
    leak: str,
    world: World,
    client_of: ClientOf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plant, name = LEAKS[leak]
    with as_owner():  # past the second lock, as on SQLite
        watch_a_stranger(world, name, Role.DIRECTOR, client_of)
        plant(monkeypatch)
        with pytest.raises(AssertionError):
            watch_a_stranger(world, name, Role.DIRECTOR, client_of)


# --- Every door stands open ----------------------------------------------------------------------------------------


@pytest.fixture
def doors_open(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each `visible_to` of a tenant table answers with everything: the second lock is alone."""
    if connection.vendor != "postgresql":
        pytest.skip("row-level security is PostgreSQL's")
    for model in apps.get_models():
        door = type(model._default_manager.all())
        if model._meta.db_table in POLICIES and hasattr(door, "visible_to"):
            monkeypatch.setattr(door, "visible_to", _everything)


@pytest.mark.wide
@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_with_every_door_open_a_stranger_still_sees_and_changes_nothing(
    doors_open: None,
    world: World,
    name: str,
    client_of: ClientOf,
) -> None:
    for role in (Role.DIRECTOR, Role.IT_LEADER):
        watch_a_stranger(world, name, role, client_of, methods=("get", "post"))


@contextmanager
def _without_a_policy() -> Iterator[None]:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what was created is checked before the table is altered
        cursor.execute("ALTER TABLE incidents_report DISABLE ROW LEVEL SECURITY")
    yield


@contextmanager
def _as_whoever_was_last() -> Iterator[None]:
    """Nothing is told and nothing taken back: the connection works for its last person, here the system."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_security, "acting_as", lambda _user: nullcontext())
        yield


@contextmanager
def _by_a_role_that_bypasses() -> Iterator[None]:
    with as_owner():
        yield


@pytest.mark.wide
@pytest.mark.parametrize("leak", [_without_a_policy, _as_whoever_was_last, _by_a_role_that_bypasses])
def test_a_leak_in_the_second_lock_turns_the_walker_red(
    leak: Callable[[], Any],
    doors_open: None,
    world: World,
    client_of: ClientOf,
) -> None:
    watch_a_stranger(world, "report_detail", Role.DIRECTOR, client_of)
    with leak(), pytest.raises(AssertionError):
        watch_a_stranger(world, "report_detail", Role.DIRECTOR, client_of)
