"""A session opened by a code files and updates for its own entity; every other address is closed to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from crisis_teams.models import CrisisTeam
from entities.models import Membership, User
from entities.permissions import FILE_AND_UPDATE, Permission, Role, permissions_of
from incidents.lifecycle import LIFECYCLES
from incidents.models import Report
from tests.conftest import sign_in
from tests.factories import a_report
from tests.incidents.pages import send
from tests.test_urls import PATTERNS, World, _url, first_world, world

assert first_world and world  # fixtures of the other walk

#: What any session may do.
ALWAYS = {"stay", "choose_language"}


@pytest.fixture
def narrow(world: World) -> Client:
    """B's own director, in by a code."""
    browser = sign_in(Client(), world.director)
    session = browser.session
    session["by_code"] = "0d0c0b0a-0000-4000-8000-000000000000"
    session.save()
    return browser


def is_closed(name: str) -> bool:
    access = PATTERNS[name].callback.access  # type: ignore[attr-defined]  # a test says that every view declares it
    if access == "signed_in":
        return name not in ALWAYS
    return access != "public" and not FILE_AND_UPDATE & set(access)


@pytest.mark.parametrize("name", sorted(filter(is_closed, PATTERNS)))
def test_every_address_beyond_its_scope_is_closed(world: World, narrow: Client, name: str) -> None:
    before = world.digest()
    for method in ("get", "post", "put", "delete"):
        for headers in ({}, {"HX-Request": "true"}):
            answer = getattr(narrow, method)(_url(world, name), headers=headers)
            assert answer.status_code in {403, 405}, f"{method} {name}: {answer.status_code}"
    assert world.digest() == before


def test_what_is_closed_is_all_that_it_should_be() -> None:
    closed = set(filter(is_closed, PATTERNS))
    assert closed >= {
        "team", "team_appoint", "team_confirm", "team_decision", "choose_entity", "session_list", "end_session",
        "first_sign_in", "service_list", "board", "record_phoned", "audit_log", "audit_export", "report_record",
        "report_calendar", "final_check", "final_section", "final_countersign", "report_withdraw", "report_cancel",
        "report_reschedule", "report_start", "report_action", "confirm_recorded", "nafath_state", "report_close",
        "report_acknowledge",
    }  # fmt: skip
    open_to_it = {name for name in PATTERNS if not is_closed(name) and name.startswith("report_")}
    assert open_to_it >= {
        "report_new",
        "report_list",
        "report_detail",
        "report_update",
        "report_restore",
        "report_answer",
    }


def test_admins_desk_is_closed(narrow: Client, world: World) -> None:
    assert narrow.get("/admin/").status_code in {302, 403, 404}


def test_scope_holds_whatever_the_role() -> None:
    for role in Role:
        membership = Membership(role=role)
        membership.by_code = "x"
        assert membership.permissions == permissions_of(role) & FILE_AND_UPDATE


def test_deeds_of_the_table_that_bind_are_not_offered(world: World, client_of: Callable[[User], Client]) -> None:
    acting = world.director.acting
    assert acting is not None
    whole = set(world.report.moves_for(world.director))
    acting.by_code = "x"
    narrow = set(world.report.moves_for(world.director))
    assert whole - narrow == {"withdraw", "submit_final"}
    assert narrow >= {"update", "restore", "attach"}
    binding = {m.name for moves in LIFECYCLES.values() for m in moves if Permission.REPORT_BIND in m.permissions}
    assert binding == {"submit_final", "report_action", "withdraw", "reschedule", "cancel"}


def test_it_sees_no_other_entity(world: World, narrow: Client) -> None:
    other = a_report()
    assert narrow.get(reverse("report_detail", args=[other.reference])).status_code == 404
    page = narrow.get(reverse("report_list")).content.decode()
    assert world.report.reference in page
    assert other.reference not in page


def test_pages_it_may_see_lead_to_nothing_closed(world: World, narrow: Client) -> None:
    for path in (
        "/",
        reverse("report_list"),
        reverse("report_new"),
        reverse("report_detail", args=[world.report.reference]),
    ):
        page = narrow.get(path).content.decode()
        assert 'id="by-code"' in page, path
        for closed in ("team", "service_list", "session_list", "choose_entity"):
            assert f'href="{reverse(closed)}"' not in page, (path, closed)


def test_its_own_sign_in_page_is_open_to_it(world: World, narrow: Client) -> None:
    assert narrow.get("/accounts/sign-in/").status_code == 200


def test_update_by_a_code_is_marked(world: World, narrow: Client) -> None:
    assert send(narrow, world.report, "report_update", message="عُرف السبب وبدأ الإصلاح").status_code == 302
    report = Report.objects.get(pk=world.report.pk)
    assert report.unconfirmed_at is not None
    assert report.events.get(kind="UPDATED").data["by_code"]


def test_a_team_that_is_not_registered_is_no_button_that_refuses(world: World, narrow: Client) -> None:
    CrisisTeam.objects.filter(entity=world.entity).delete()
    register = f'action="{reverse("team_register")}"'
    for name in ("home", "file_own_outage"):
        assert register in sign_in(Client(), world.director).get(reverse(name)).content.decode()
        assert register not in narrow.get(reverse(name)).content.decode()
