"""The fuzzer (`make fuzz`) is run by .ci/run; here, that it finds what is planted, and bends what it says."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any
from unittest import mock

import pytest
from django.http import HttpRequest, HttpResponse
from hypothesis import find, settings

from fuzz.addresses import addresses
from fuzz.pages import forms_of
from fuzz.promises import Broken, expect_promises_kept
from fuzz.recipes import Change, recipes
from fuzz.requests import bent, changed
from fuzz.town import MARK, Person
from fuzz.walker import Walker
from tests.test_urls import PATTERNS

PAGE = """
<form method="post" action="/reports/x/"><input type="hidden" name="seen" value="3"><textarea name="note">
</textarea><select name="why"><option value="">-</option><option value="a">A</option></select>
<input type="radio" name="sure" value="yes"><input type="radio" name="sure" value="no"><input type="file" name="file">
</form>"""


def test_every_address_is_asked_and_the_desk_too() -> None:
    names = {each.name for each in addresses()}
    assert set(PATTERNS) <= names
    assert "admin:incidents_report_changelist" in names


def test_a_form_is_read_and_filled_as_its_person_would() -> None:
    (form,) = forms_of(PAGE)
    filled = dict(form.filled())
    assert (filled["seen"], filled["why"], filled["sure"]) == ("3", "a", "yes")
    assert filled["note"]
    assert form.files == ["file"]


def test_the_simplest_recipe_bends_nothing() -> None:
    plain = find(recipes(("POST", "GET")), lambda _recipe: True, settings=settings(database=None))
    (form,) = forms_of(PAGE)
    address = next(each for each in addresses() if each.name == "report_update")
    request = bent(plain, address, {"reference": "OUT-2026-000001"}, form, [])
    assert (request.method, request.path, request.query) == ("POST", "/reports/OUT-2026-000001/update/", "")
    assert request.headers == {}
    assert b'name="seen"\r\n\r\n3\r\n' in request.body


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("replace", [(b"a", b"x"), (b"b", b"2")]),
        ("drop", [(b"b", b"2")]),
        ("double", [(b"a", b"1"), (b"a", b"x"), (b"b", b"2")]),
        ("rename", [(b"ax", b"1"), (b"b", b"2")]),
        ("extra", [(b"a", b"1"), (b"b", b"2"), (b"x", b"x")]),
    ],
)
def test_a_change_bends_one_field(kind: str, sent: list[tuple[bytes, bytes]]) -> None:
    assert changed([(b"a", b"1"), (b"b", b"2")], Change(kind, 0, "x"), b"x", None) == sent


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (HttpResponse(status=500), ""),
        (HttpResponse(status=503), ""),
        (HttpResponse(f"<p>{MARK}</p>"), ""),
        (HttpResponse(headers={"Content-Disposition": f"attachment; filename={MARK}"}), ""),
        (HttpResponse("1000000008"), ""),
        (HttpResponse(), "asked by 1000000008"),
        (HttpResponse(status=302, headers={"Location": "//evil.example/"}), ""),
        (HttpResponse(status=302, headers={"Location": "/\\evil.example"}), ""),
    ],
)
def test_a_broken_promise_is_told(answer: HttpResponse, said: str) -> None:
    somebody = Person("director", None, is_tenant=True)
    with pytest.raises(Broken):
        expect_promises_kept("guide", somebody, answer, said=said, numbers=["1000000008"])


def test_what_is_promised_is_no_defect() -> None:
    somebody = Person("lead", None, is_tenant=False)
    for answer in (HttpResponse(MARK), HttpResponse(status=404), HttpResponse(status=302, headers={"Location": "/x"})):
        expect_promises_kept("guide", somebody, answer, said="", numbers=["1000000008"])
    expect_promises_kept("nafath_start", somebody, HttpResponse(status=503), said="", numbers=[])


@pytest.mark.wide
@pytest.mark.django_db
def test_a_planted_defect_is_found_and_made_small() -> None:
    def breaks(request: HttpRequest, *_parts: Any, **_named: Any) -> HttpResponse:
        if request.GET:
            raise ZeroDivisionError
        return HttpResponse()

    walker = Walker(7, StringIO())
    with mock.patch("incidents.views.guide.render", breaks):
        walker.walk(40, {"guide"})
    (failure,) = walker.failures.values()
    assert "ZeroDivisionError" in failure.words
    line = failure.request.partition("\n")[0]
    assert re.match(r"[A-Z]+ (/en)?/guide/\?", line), line
    assert len(line) < 60, line
    assert sum(walker.statuses["guide"].values()) >= 40
