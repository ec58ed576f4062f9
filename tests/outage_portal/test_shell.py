"""The shell round every page: who is here, where one may go, and what the browser is told."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from django import forms
from django.template.loader import render_to_string
from django.utils.functional import SimpleLazyObject
from django.utils.translation import override

from outage_portal.context import NavLink, Shell


def shell(**changes: Any) -> Shell:
    somebody = {
        "demo": False,
        "support_phone": "011 555 0000",
        "support_email": "room@portal.example",
        "registration_number": "",
        "other_language": {"code": "ar", "name": "العربية", "url": "/board/?page=2"},
        "nav": [
            NavLink("/en/board/", "Board", "list-checks", True),
            NavLink("/en/guide/", "Guide", "book-open", False),
        ],
        "person_name": "Noura",
        "entity_name": "Authority",
        "unread": SimpleLazyObject(lambda: 3),
    }
    return Shell(**{**somebody, **changes})


def page(language: str = "en", form: forms.Form | None = None, **changes: Any) -> str:
    with override(language):
        return render_to_string("base.html", {"portal": shell(**changes), "form": form, "csrf_token": "token"})


def test_page_has_the_language_and_direction_of_its_reader() -> None:
    assert '<html lang="en" dir="ltr">' in page("en")
    assert '<html lang="ar" dir="rtl">' in page("ar")


def test_title_of_a_page_with_errors_begins_with_the_word_error() -> None:
    class Empty(forms.Form):
        name = forms.CharField()

    assert re.search(r"<title>\s*Error:", page(form=Empty({})))
    assert not re.search(r"<title>\s*Error:", page(form=Empty()))


def test_navigation_marks_where_one_is() -> None:
    assert '<a href="/en/board/" aria-current="page">' in page()
    assert page().count("aria-current") == 1


def test_language_switch_keeps_the_page_and_speaks_its_own_language() -> None:
    link = r'href="/board/\?page=2"\s+lang="ar"\s+hreflang="ar">العربية<'
    assert re.search(link, page(person_name="", nav=[]))
    form = re.search(r'<form method="post" action="/en/accounts/language/">.*?</form>', page(), re.DOTALL)
    assert form, "who is signed in changes the language of her mails as well"
    assert 'name="next" value="/board/?page=2"' in form[0]
    assert re.search(r'name="language"\s+value="ar"\s+lang="ar">العربية<', form[0])


@pytest.mark.parametrize(("unread", "badge"), [(3, "3"), (100, "99+")])
def test_bell_counts_what_is_unread(unread: int, badge: str) -> None:
    html = page(unread=SimpleLazyObject(lambda: unread))
    assert re.search(rf'aria-hidden="true">{re.escape(badge)}</span>', html)
    assert f"Notifications, {unread} unread" in html


def test_bell_without_unread_shows_no_number() -> None:
    assert "icon-button__count" not in page(unread=0)


def test_signing_out_is_a_deed_and_not_a_link() -> None:
    form = re.search(r'<form method="post" action="[^"]*sign-out/">.*?</form>', page(), re.DOTALL)
    assert form
    assert "Sign out" in form[0]


def test_page_for_a_stranger_has_no_navigation_bell_or_menu() -> None:
    html = page(nav=[], person_name="")
    for part in ('id="nav"', 'id="bell"', "data-menu", "signed-out"):
        assert part not in html


def test_digital_stamp_stands_only_over_a_registration_number_of_our_own() -> None:
    assert "Trial version" in page()
    assert "official website" not in page()
    assert "every person in it is fictional" in page(demo=True, registration_number="20240101")
    registered = page(registration_number="20240101")
    assert "20240101" in registered
    assert "Trial version" not in registered


def test_htmx_is_told_to_keep_no_pages_and_run_no_scripts() -> None:
    found = re.search(r"name=\"htmx-config\"\s+content='([^']+)'", page())
    assert found
    config = json.loads(unescape(found[1]))
    assert config["historyCacheSize"] == 0
    assert not (config["allowEval"] or config["allowScriptTags"] or config["includeIndicatorStyles"])
    answers = {rule["code"]: rule["swap"] for rule in config["responseHandling"]}
    assert answers == {"204": False, "[23]..": True, "409|422|429|503": True, "...": False}


def test_htmx_carries_the_csrf_token() -> None:
    found = re.search(r"<body hx-headers='([^']+)'", page())
    assert found
    assert json.loads(found[1]) == {"X-CSRFToken": "token"}


def test_page_loads_few_style_sheets() -> None:
    assert page().count('rel="stylesheet"') <= 5
