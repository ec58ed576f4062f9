"""How often: each row of the table, who is counted, and what happens when nobody can count."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
import redis
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import reverse

from entities import limits
from entities.models import User
from entities.permissions import Role
from incidents.forms.doors import DOORS
from incidents.models import Report
from tests.factories import a_person, a_report
from tests.incidents.test_filing import said
from tests.incidents.typed import a_director
from tests.test_urls import PATTERNS

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]

TABLE = {
    "nafath_start": ("sign-in start", 10, 60),
    "nafath_callback": ("sign-in callback", 60, 60),
    "service_search": ("search", 60, 60),
    "provider_search": ("search", 60, 60),
    "relies_on_search": ("search", 60, 60),
    "board": ("search", 60, 60),
    "report_list": ("search", 60, 60),
    "inbox": ("search", 60, 60),
    "following": ("search", 60, 60),
    "status_list": ("search", 60, 60),
    "attachment_add": ("uploads", 30, 600),
    "team_decision": ("uploads", 30, 600),
    "audit_export": ("exports", 5, 600),
    "audit_chain": ("chains", 20, 600),
    "preview": ("previews", 240, 60),
    "draft_save": ("autosave", 240, 60),
    "report_update_draft": ("autosave", 240, 60),
    "nafath_form": ("sign-in callback", 60, 60),
    "nafath_form_finish": ("sign-in callback", 60, 60),
    "nafath_finish": ("app finish", 10, 60),
    "code_ask": ("code door", 20, 60),
    "code_enter": ("code door", 20, 60),
    "break_glass": ("break-glass", 5, 60),
    "nafath_step_up": ("step-up", 10, 60),
    "my_data_copy": ("exports", 5, 600),
    "report_contact": ("reveals", 20, 600),
    "call_number": ("reveals", 20, 600),
    "team_contact": ("reveals", 20, 600),
    "team_decision_file": ("reveals", 20, 600),
    "unsubscribe": ("unsubscribe", 60, 60),
    "outside_leave": ("unsubscribe", 60, 60),
    "outside_confirm": ("outside confirm", 20, 60),
    "calendar_feed": ("calendar feed", 120, 600),
    "sms_receipt": ("sms receipts", 600, 60),
    "wall_open": ("wall door", 20, 60),
}


@pytest.fixture(autouse=True)
def _own_count(one_window: None, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """No other test counts in the same cache."""
    own = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "limits"}
    settings.CACHES = {**settings.CACHES, "default": own}
    cache.clear()
    monkeypatch.setitem(limits._away, "until", 0.0)


def test_each_limited_page_is_in_the_table_and_no_filing_is() -> None:
    found = {}
    for name, pattern in PATTERNS.items():
        limit = getattr(pattern.callback, "limit", None)
        if limit is not None:
            found[name] = (limit.name, limit.most, limit.seconds)
    assert found == TABLE
    assert not {"file_own_outage", "file_maintenance", "file_consumed_outage", "phoned_report"} & set(found)


def _ask(client_of: ClientOf, name: str) -> Callable[[], Any]:
    director = a_person(Role.DIRECTOR)
    report = a_report(by=director)
    stranger, browser, reviewer = Client(), client_of(director), client_of(a_person(Role.REVIEWER))
    auditor, leader = client_of(a_person(Role.AUDITOR)), client_of(a_person(Role.IT_LEADER))
    doors = {
        "nafath_start": lambda: stranger.post(reverse(name)),
        "nafath_callback": lambda: stranger.get(reverse(name)),
        "board": lambda: auditor.get(reverse(name), {"q": "بوابة"}),
        "report_list": lambda: browser.get(reverse(name), {"q": "بوابة"}),
        "inbox": lambda: browser.get(reverse(name), {"q": "بوابة"}),
        "following": lambda: browser.get(reverse(name), {"q": "بوابة"}),
        "status_list": lambda: browser.get(reverse(name), {"q": "بوابة"}),
        "attachment_add": lambda: browser.post(
            reverse(name, args=[report.reference]), {"file": SimpleUploadedFile("a.exe", b"x")}
        ),
        "team_decision": lambda: leader.post(reverse(name), {}),
        "audit_export": lambda: auditor.post(reverse(name), {"format": "csv"}),
        "audit_chain": lambda: auditor.post(reverse(name), {"entity": "dga"}),
        "preview": lambda: browser.post(reverse(name, args=["own-outage"]), {}),
        "draft_save": lambda: browser.post(reverse(name, args=["own-outage"]), {}),
        "code_ask": lambda: stranger.post(reverse(name)),
        "code_enter": lambda: stranger.post(reverse(name)),
        "break_glass": lambda: stranger.post(reverse(name)),
        "my_data_copy": lambda: browser.post(reverse(name)),
        "nafath_step_up": lambda: browser.post(reverse(name)),
        "nafath_form": lambda: stranger.post(reverse(name)),
        "nafath_form_finish": lambda: stranger.get(reverse(name)),
        "nafath_finish": lambda: stranger.post(reverse(name, args=[uuid.uuid4()])),
        "report_contact": lambda: reviewer.post(reverse(name, args=[report.reference, 1])),
        "report_update_draft": lambda: browser.post(reverse(name, args=[report.reference]), {}),
        "call_number": lambda: reviewer.post(reverse(name, args=[1, 1])),
        "sms_receipt": lambda: stranger.post(reverse(name)),
        "team_contact": lambda: browser.post(reverse(name, args=[1])),
        "team_decision_file": lambda: browser.post(reverse(name, args=[report.entity.code])),
        "unsubscribe": lambda: stranger.get(reverse(name, args=["x"])),
        "outside_leave": lambda: stranger.post(reverse(name, args=["x"])),
        "outside_confirm": lambda: stranger.post(reverse(name, args=["x"])),
        "calendar_feed": lambda: stranger.get(reverse(name, args=["x"])),
        "wall_open": lambda: stranger.get(reverse(name, args=["x"])),
    }
    return doors.get(name) or (lambda: browser.get(reverse(name)))


@pytest.mark.parametrize("name", sorted(TABLE))
def test_one_more_than_the_limit_is_told_to_wait(
    client_of: ClientOf, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, limit = _ask(client_of, name), PATTERNS[name].callback.limit  # type: ignore[attr-defined]  # declared, see above
    assert ask().status_code != 429
    spent = limits._count  # a window that is nearly used up, whoever asks
    monkeypatch.setattr(limits, "_count", lambda key, seconds: spent(key, seconds) + limit.most - 2)
    assert ask().status_code != 429
    refused = ask()
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= limit.seconds
    page = refused.content.decode()
    assert "محاولات كثيرة" in page
    assert "Too many attempts" in page


def test_a_script_gets_the_words_alone_in_the_pages_language(client_of: ClientOf) -> None:
    browser = client_of(a_person(Role.DIRECTOR))
    url = "/en/reports/?q=x"
    answers = [browser.get(url, headers={"HX-Request": "true"}) for _n in range(61)]
    assert {answer.status_code for answer in answers[:60]} == {200}
    assert answers[60].status_code == 429
    assert "Retry-After" in answers[60]
    assert "Too many attempts" in answers[60].content.decode()
    assert "<html" not in answers[60].content.decode()


def test_a_person_is_counted_wherever_she_sits_and_her_colleague_is_not(client_of: ClientOf) -> None:
    director = a_person(Role.DIRECTOR)
    colleague = a_person(Role.IT_LEADER, entity=director.acting and director.acting.entity)
    for _n in range(61):
        last = client_of(director).get(reverse("report_list"), {"q": "x"})
    assert last.status_code == 429
    assert client_of(director).get(reverse("report_list")).status_code == 200  # without words it is no search
    assert client_of(colleague).get(reverse("report_list"), {"q": "x"}).status_code == 200


def test_another_window_starts_afresh(client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = Client()
    assert [stranger.get(reverse("nafath_callback")).status_code for _n in range(61)][-1] == 429
    monkeypatch.setattr(limits.time, "time", lambda: 1_800_000_060.0)
    assert stranger.get(reverse("nafath_callback")).status_code != 429


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counted"),
    [
        (0, "", "192.0.2.1"),
        (0, "203.0.113.9", "192.0.2.1"),  # nobody stands before us: the header is the client's own word
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # the first was written by the client
        (2, "198.51.100.1, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),  # it came round one of the proxies
        (1, "nonsense", "unknown"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ],
)
def test_an_address_is_what_our_outermost_proxy_saw(settings: Any, proxies: int, forwarded: str, counted: str) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert limits.address(RequestFactory(REMOTE_ADDR="192.0.2.1").get("/", headers=headers)) == counted


def test_a_forged_header_opens_no_fresh_bucket(settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    browser = Client()
    answers = [
        browser.get(reverse("nafath_callback"), headers={"X-Forwarded-For": f"198.51.100.{n}, 203.0.113.9"})
        for n in range(61)
    ]
    assert answers[-1].status_code == 429


@pytest.mark.parametrize("name", ["nafath_callback", "draft_save"])
def test_a_cache_that_is_away_refuses_nobody_and_is_asked_once(
    client_of: ClientOf, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    def away(key: str) -> bool:
        asked.append(key)
        raise redis.ConnectionError("refused")

    ask = _ask(client_of, name)
    monkeypatch.setattr(LocMemCache, "add", lambda _cache, key, *args, **kwargs: away(key))
    seen: list[str] = []
    monkeypatch.setattr(limits.log, "warning", lambda event, **more: seen.append(event))
    assert [ask().status_code == 429 for _n in range(70)] == [False] * 70
    assert len(asked) == 1  # a frozen cache would hold each request for seconds
    assert seen == ["limits_not_counted"]


@pytest.mark.parametrize("slug", DOORS)
def test_a_filing_is_never_refused_for_its_number(
    client_of: ClientOf, monkeypatch: pytest.MonkeyPatch, slug: str
) -> None:
    monkeypatch.setattr(limits, "_count", lambda key, seconds: 10**6)
    director = a_director()
    browser = client_of(director)
    assert browser.get(reverse("report_new")).status_code == 200
    assert browser.get(DOORS[slug].url).status_code == 200
    assert browser.post(DOORS[slug].url, said(slug, director)).status_code == 302
    assert Report.objects.get(kind=DOORS[slug].kind).filed_by == director
