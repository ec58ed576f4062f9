"""Each attack of `make attack` is a test as well, which fails without its defence; some of them are here."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from django.shortcuts import redirect
from django.test import Client, RequestFactory
from django.urls import reverse

from attack.doors import ELSEWHERE
from attack.plan import whole_list
from attack.words import NAME, SCRIPT
from entities.models import User
from entities.permissions import Role
from nafath_auth.sessions import safe_next
from tests.factories import a_person, a_report, a_reviewer, a_service, an_entity

ClientOf = Callable[[User], Client]
NAFATH, CODES = "tests/nafath_auth/", "tests/nafath_auth/test_code_door.py::"
SIGN_IN, PUSH = f"{NAFATH}test_sign_in.py::", f"{NAFATH}test_push.py::"
HERE = "tests/test_attacks.py::"
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
    "rows_for_nobody": "tests/test_row_security.py::test_who_was_not_told_of_sees_and_writes_nothing",
    "searched_for": "tests/test_urls.py::test_another_entity_sees_and_changes_nothing",
    "enumeration": f"{HERE}test_what_is_foreign_and_what_is_nowhere_get_the_same_page",
    "forged_forms": f"{NAFATH}test_iam.py::test_who_needs_no_csrf_token_is_known_by_name",
    "forged_host": "tests/outage_portal/test_bad_input.py::test_a_forged_host_is_refused",
    "forged_address": "tests/entities/test_limits.py::test_a_forged_header_opens_no_fresh_bucket",
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


@pytest.mark.django_db
def test_what_is_foreign_and_what_is_nowhere_get_the_same_page(client_of: ClientOf) -> None:
    browser, foreign = client_of(a_person(Role.DIRECTOR)), a_report().reference
    nowhere = foreign[:-6] + "999998"
    pages = [browser.get(reverse("report_detail", args=[reference])) for reference in (foreign, nowhere)]
    assert [page.status_code for page in pages] == [404, 404]
    there, other = (
        re.sub(rf'{foreign}|{nowhere}|\b\w{{64}}\b|server-time" content="[^"]*', "•", page.content.decode())
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
