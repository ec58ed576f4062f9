"""Each attack of `make attack` is a test as well, which fails without its defence; some of them are here."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

import pytest
from django.conf import settings
from django.shortcuts import redirect
from django.test import Client, RequestFactory
from django.urls import reverse

from attack import foreign
from attack.doors import ELSEWHERE
from attack.night import WITHIN
from attack.plan import whole_list
from attack.walls import OF_HER_SESSION, OF_THE_DESK, WITHOUT_TOKEN
from attack.words import NAME, SCRIPT
from entities.models import User
from entities.permissions import Role
from nafath_auth.sessions import safe_next
from tests.conftest import sign_in
from tests.factories import a_person, a_report, a_reviewer, a_service, an_entity
from tests.incidents.test_filing import said
from tests.incidents.typed import a_director
from tests.nafath_auth.test_code_scope import is_closed
from tests.test_urls import CANARY, PATTERNS, World, _url, a_world

ClientOf = Callable[[User], Client]
NAFATH, CODES = "tests/nafath_auth/", "tests/nafath_auth/test_code_door.py::"
SIGN_IN, PUSH = f"{NAFATH}test_sign_in.py::", f"{NAFATH}test_push.py::"
HERE, FEEDS = "tests/test_attacks.py::", "tests/incidents/test_calendar_feeds.py::"
WRONG = {
    "simulator": f"{NAFATH}test_oidc.py::test_wrong_token_opens_nothing",
    "iam": f"{NAFATH}test_iam.py::test_what_does_not_prove_it_lets_nobody_in",
}
MIRRORS = {
    # doors.py
    "code_replayed": f"{SIGN_IN}test_callback_is_good_once",
    "state_of_another_browser": f"{SIGN_IN}test_callback_in_another_browser_opens_nothing",
    "sign_in_of_the_attacker": f"{SIGN_IN}test_callback_in_another_browser_opens_nothing",
    "mixed_code_and_state": f"{NAFATH}test_oidc.py::test_code_is_redeemed_with_the_verifier_of_this_browser",
    "bent_button": f"{SIGN_IN}test_request_does_not_choose_how_one_signs_in",
    "connect_an_identity": f"{SIGN_IN}test_nobody_is_connected_to_the_identity_of_another",
    "leads_elsewhere": f"{HERE}test_no_address_of_another_host_is_gone_to",
    "refusals_told_apart": f"{NAFATH}test_admission.py::test_refusal_is_one_page_whatever_the_reason",
    "planted_session": f"{SIGN_IN}test_session_key_changes_when_somebody_enters",
    "number_in_an_address": f"{NAFATH}test_no_clear_id.py::test_no_row_session_log_line_or_page_holds_the_number",
    # night.py
    "code_while_nafath_answers": f"{CODES}test_while_nafath_is_up_everything_is_refused_and_nothing_written",
    "guessed_code": f"{CODES}test_code_is_good_once_for_ten_minutes_and_three_tries",
    "code_in_another_browser": f"{CODES}test_second_browser_cannot_enter_with_it",
    "who_is_registered": f"{CODES}test_known_and_unknown_numbers_are_told_the_same_with_the_same_queries",
    "code_beyond_its_scope": f"{NAFATH}test_code_scope.py::test_every_address_beyond_its_scope_is_closed",
    # tokens.py
    "forged_mix_up": f"{NAFATH}test_oidc.py::test_answer_comes_from_the_issuer_it_names",
    "form_replayed": f"{NAFATH}test_iam.py::test_capitals_or_not_she_is_in_and_it_is_good_once",
    # app.py
    "proof_replayed": f"{PUSH}test_callback_that_comes_twice_or_late_changes_nothing",
    "proof_from_elsewhere": f"{PUSH}test_callback_is_taken_from_nafath_alone_and_short_and_as_json",
    "finished_by_another": f"{PUSH}test_second_browser_neither_sees_nor_finishes_it",
    "completed_without_proof": f"{PUSH}test_approval_without_its_token_fails_closed",
    "proof_of_another": f"{PUSH}test_no_wrong_token_verifies_and_the_right_one_still_does",
    "proof_of_another_request": f"{PUSH}test_no_wrong_token_verifies_and_the_right_one_still_does",
    "forged_proofs": f"{PUSH}test_no_wrong_token_verifies_and_the_right_one_still_does",
    # walls.py
    "foreign_ids": "tests/test_urls.py::test_another_entity_sees_and_changes_nothing",
    "mixed_ids": "tests/incidents/test_attachments.py::test_a_file_is_found_through_its_own_report_only",
    "looks_only": f"{HERE}test_an_auditor_posts_to_every_address_and_writes_nothing",
    "rows_for_nobody": "tests/test_row_security.py::test_who_was_not_told_of_sees_and_writes_nothing",
    "searched_for": "tests/test_urls.py::test_another_entity_sees_and_changes_nothing",
    "enumeration": f"{HERE}test_what_is_foreign_and_what_is_nowhere_get_the_same_page",
    "forged_forms": f"{HERE}test_no_form_of_another_site_is_taken",
    "forged_host": "tests/outage_portal/test_bad_input.py::test_a_forged_host_is_refused",
    "forged_address": "tests/entities/test_limits.py::test_a_forged_header_opens_no_fresh_bucket",
    # feeds.py
    "feed_of_another": f"{FEEDS}test_a_revoked_or_replaced_address_and_that_of_somebody_who_left_is_404",
    "feed_bent": "tests/incidents/test_calendar_file.py::test_what_has_a_meaning_in_the_format_is_escaped",
    "wall_of_another": "tests/incidents/test_wall.py::test_a_link_is_asked_once_opens_one_device_and_not_for_long",
    "bent_way_out": "tests/notifications/test_unsubscribing.py::test_a_token_that_is_not_ours_opens_nothing",
    # everywhere.py
    "hostile_everywhere": f"{HERE}test_hostile_words_and_names_are_words_on_every_page",
    "limits_before_a_filing": "tests/entities/test_limits.py::test_a_filing_is_never_refused_for_its_number",
    "named_in_a_form": f"{HERE}test_keys_of_anothers_draft_and_report_show_and_change_nothing_in_a_form",
    "spreadsheets": f"{HERE}test_nothing_that_writes_spreadsheet_files_is_installed",
    # words.py
    "hostile_words": f"{HERE}test_hostile_words_and_names_are_words_on_every_page",
    "hostile_paper": "tests/incidents/test_printing.py::test_hostile_words_are_words",
    "formulas": "tests/outage_portal/test_audit.py::test_the_csv_holds_what_is_filtered_and_no_formula",
    "numbers_written_down": f"{NAFATH}test_no_clear_id.py::test_no_row_session_log_line_or_page_holds_the_number",
}


def test_each_attack_is_a_test_as_well() -> None:
    listed = whole_list()
    forged = {each.name for each in listed if each.adapter in WRONG and each.name.startswith("forged_")} - set(MIRRORS)
    assert {each.name for each in listed} == set(MIRRORS) | forged
    for place in {*MIRRORS.values(), *WRONG.values()}:
        path, _, name = place.partition("::")
        assert f"\ndef {name}(" in (settings.BASE_DIR / path).read_text(), place


def test_no_address_of_another_host_is_gone_to(rf: RequestFactory) -> None:
    assert len(ELSEWHERE) >= 30
    for address in ELSEWHERE:
        wanted = safe_next(rf.get("/", {"next": address}))
        assert not wanted or re.match(r"/[^/\\\s]", redirect(wanted).headers["Location"]), address


@pytest.fixture
def world(db: None) -> World:
    return a_world()


@pytest.mark.django_db
def test_an_auditor_posts_to_every_address_and_writes_nothing(world: World, client_of: ClientOf) -> None:
    auditor = a_person(Role.AUDITOR)
    browser, before = client_of(auditor), world.digest()
    for name in PATTERNS.keys() - OF_HER_SESSION:
        assert browser.post(_url(world, name), {"version": "1", "note": "x"}).status_code < 500, name
    assert browser.session.get("_auth_user_id") == str(auditor.pk)
    assert world.digest() == before


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.DIRECTOR, Role.LEAD, Role.ADMIN])
def test_no_form_of_another_site_is_taken(world: World, role: Role) -> None:
    person = world.director if role == Role.DIRECTOR else a_person(role)
    browser, before = sign_in(Client(enforce_csrf_checks=True), person), world.digest()
    for path in [*(_url(world, name) for name in PATTERNS.keys() - WITHOUT_TOKEN), *OF_THE_DESK]:
        assert browser.post(path, {"version": "1", "note": "x"}).status_code in {403, 405}, path
    assert browser.session.get("_auth_user_id") == str(person.pk)
    assert world.digest() == before


@pytest.mark.django_db
def test_keys_of_anothers_draft_and_report_show_and_change_nothing_in_a_form(world: World, client_of: ClientOf) -> None:
    stranger, before = a_director(), world.digest()
    browser = client_of(stranger)
    for key in (world.draft.key, world.report.key):
        sent = {**said("own-outage", stranger), "key": str(key), "version": "1"}
        answers = [
            browser.get("/reports/new/own-outage/", {"draft": str(key)}),
            browser.get("/reports/new/own-outage/", {"about": world.report.reference, "on_behalf": world.entity.code}),
            browser.post("/reports/new/own-outage/draft/", sent, headers={"X-Autosave": "1"}),
            browser.post("/reports/new/own-outage/", sent, follow=True),
        ]
        assert answers[0].status_code == 404
        assert not any(CANARY in each.content.decode() for each in answers)
    assert world.digest() == before


def test_a_stranger_tries_every_argument_of_every_address() -> None:
    source = inspect.getsource(foreign)
    for pattern in foreign.patterns():
        for argument in foreign.arguments(pattern):
            assert f'"{argument}"' in source, f"{pattern.name}: say in attack/foreign.py whose <{argument}> is tried"


def test_what_is_within_a_codes_session_is_said_address_by_address() -> None:
    """A new page that such a session reaches is a decision (docs/adr/0019), and no oversight."""
    reached = {name for name in PATTERNS if not is_closed(name)}
    for_everybody = {name for name in reached if PATTERNS[name].callback.access == "public"}  # type: ignore[attr-defined]
    assert reached - for_everybody == WITHIN - for_everybody
    assert PATTERNS.keys() >= WITHIN


def test_nothing_that_writes_spreadsheet_files_is_installed() -> None:
    pinned = (settings.BASE_DIR / "requirements.txt").read_text().lower()
    assert not [name for name in ("openpyxl", "xlsxwriter", "pyexcel", "tablib", "xlwt") if f"{name}==" in pinned]


@pytest.mark.django_db
def test_what_is_foreign_and_what_is_nowhere_get_the_same_page(client_of: ClientOf) -> None:
    browser, theirs = client_of(a_person(Role.DIRECTOR)), a_report().reference
    nowhere = theirs[:-6] + "999998"
    pages = [browser.get(reverse("report_detail", args=[reference])) for reference in (theirs, nowhere)]
    assert [page.status_code for page in pages] == [404, 404]
    there, other = (
        re.sub(rf'{theirs}|{nowhere}|\b\w{{64}}\b|server-time" content="[^"]*', "•", page.content.decode())
        for page in pages
    )
    assert there == other


@pytest.mark.django_db
def test_hostile_words_and_names_are_words_on_every_page(client_of: ClientOf) -> None:
    entity = an_entity(name_ar=NAME, name_en=NAME)
    director = a_person(Role.DIRECTOR, entity=entity, name_ar=NAME, name_en=NAME)
    service = a_service(entity=entity, name_ar=NAME, name_en=NAME)
    report = a_report(by=director, service=service, summary=NAME)
    shown = ""
    for person in (director, a_reviewer()):
        browser = client_of(person)
        for path in (reverse("report_detail", args=[report.reference]), "/", "/reports/", "/board/", "/services/"):
            for prefix in ("", "/en"):
                text = browser.get(prefix + path).content.decode()
                assert SCRIPT not in text and "<img src=x" not in text, path
                shown += text
    assert "&lt;script&gt;" in shown
