"""The error pages: no database, no request, both languages, and always a way to report an outage."""

import re
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override

PAGES = ("400", "403", "403_csrf", "404", "413", "429", "500", "503", "507")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["ar", "en"])
def test_error_page_speaks_both_languages_the_readers_first(page: str, language: str) -> None:
    with override(language):
        html = render_to_string(f"{page}.html")
    assert f'<html lang="{language}"' in html
    assert re.findall(r'<section class="stack" lang="(\w+)"', html) == sorted(
        ["ar", "en"], key=lambda code: code != language
    )
    assert html.count('aria-level="1"') == 1


@pytest.mark.parametrize("page", PAGES)
def test_error_page_names_the_operations_room(page: str, settings: Any) -> None:
    settings.SUPPORT_PHONE = "011 555 0000"
    html = render_to_string(f"{page}.html")
    assert "011 555 0000" in html
    assert html.count("011 555 0000") == html.count('href="tel:0115550000"')  # one tap calls it, wherever it stands


@pytest.mark.parametrize("page", ["503", "403_csrf"])
def test_error_page_gives_back_what_was_typed(page: str) -> None:
    context = {"kept": [("message", 'حُصر "العطل" <b>')], "kept_action": "/reports/new/", "csrf_token": "token"}
    html = render_to_string(f"{page}.html", context)
    assert 'action="/reports/new/"' in html
    assert 'name="message" value="حُصر &quot;العطل&quot; &lt;b&gt;"' in html
    assert 'name="csrfmiddlewaretoken" value="token"' in html


@pytest.mark.parametrize("page", ["503", "403_csrf"])
def test_error_page_offers_no_button_when_nothing_was_typed(page: str) -> None:
    assert "<form" not in render_to_string(f"{page}.html")
