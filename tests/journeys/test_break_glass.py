"""The emergency link in a browser: the key behind the # is sent by the press alone, and typed where no script runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from entities.permissions import Role
from nafath_auth import break_glass
from tests.factories import a_person
from tests.journeys.conftest import Visitor

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("javascript", [True, False])
def test_link_opens_by_its_button_and_its_key_is_in_no_address(visit: Callable[..., Visitor], javascript: bool) -> None:
    reviewer, lead = a_person(Role.REVIEWER), a_person(Role.LEAD)
    reviewer.memberships.update(may_break_glass=True)
    asked, key = break_glass.ask(reviewer, reason="نفاذ لا يجيب", account="", by=reviewer)
    break_glass.confirm(asked.reference, by=lead)
    visitor = visit(javascript=javascript)
    asked_for: list[str] = []
    visitor.context.on("request", lambda request: asked_for.append(request.url))
    page = visitor.open(f"/accounts/break-glass/#{key}")
    field = page.locator("[data-from-address]")
    if javascript:
        expect(field).to_have_value(key)
        assert key not in page.url
    else:
        field.fill(key)
    assert field.input_value() == key
    page.locator("main button[type=submit]").click()
    page.locator("#by-break-glass").wait_for()
    assert page.url.endswith("/board/")
    assert not [url for url in asked_for if key in url.partition("#")[0]]
    assert visitor.complaints == []
