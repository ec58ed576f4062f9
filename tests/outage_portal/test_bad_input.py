"""Nothing an outsider sends makes a 500, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client

from entities.models import User
from tests.conftest import sign_in
from tests.factories import a_person

pytestmark = pytest.mark.django_db
RLO = "\u202e"


@pytest.mark.parametrize(
    "path",
    [
        "/guide/?q=%00",
        "/guide/?q=%FF%FE",
        f"/guide/?q={RLO}",
        "/guide/%00",
        "/en/guide/?q=%E2%80%AE",
        "/guide/?%ed%a0%80=1",
    ],
)
def test_a_path_or_a_query_that_cannot_be_read_is_a_bad_request(client: Client, path: str) -> None:
    assert client.get(path).status_code == 400


def test_nul_and_overrides_vanish_from_a_form_without_a_word(client: Client) -> None:
    from django.http import HttpRequest, HttpResponse

    from outage_portal.middleware import RejectBadText

    seen: list[str] = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(request.POST["summary"])
        return HttpResponse()

    from django.test import RequestFactory

    words = f"تعذ\u0651ر\x00 الدخول {RLO}gpj.exe\u200c\u200d\nسطر"
    RejectBadText(answer)(RequestFactory().post("/", {"summary": words}))
    assert seen == ["تعذّر الدخول gpj.exe\u200c\u200d\nسطر"]


@pytest.mark.parametrize(
    "cookie", ['session="\\000aaaaaaaaaaaa"', f'session="{"a" * 32}\\000"', "session=\x1baaaaaaaaaaaa"]
)
def test_a_cookie_that_cannot_be_read_is_no_cookie(cookie: str) -> None:
    """PostgreSQL would refuse to look for its session, and everybody who sends it would get a 500."""
    from django.http import HttpRequest, HttpResponse
    from django.test import RequestFactory

    from outage_portal.middleware import RejectBadText

    seen: list[dict[str, str]] = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(request.COOKIES)
        return HttpResponse()

    RejectBadText(answer)(RequestFactory().get("/", headers={"Cookie": f"{cookie}; csrf=kept"}))
    assert seen == [{"csrf": "kept"}]


def test_a_session_key_with_nul_is_nobodys(client: Client) -> None:
    assert client.get("/", headers={"Cookie": 'session="\\000aaaaaaaaaaaa"'}).status_code == 200


def test_a_body_over_one_megabyte_is_told_the_limit(client: Client) -> None:
    response = client.post("/accounts/nafath/start/", {"x": "a" * (1024 * 1024 + 1)})
    assert response.status_code == 413
    assert "1" in response.content.decode()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\xff\xfe=1", "application/x-www-form-urlencoded"),
        (b"x" * 50, "multipart/form-data"),
        (b"--b\r\nbroken", "multipart/form-data; boundary=b"),
        (b"&".join(b"f%d=1" % n for n in range(2500)), "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"a=1", "application/x-www-form-urlencoded; charset=nonsense"),
    ],
)
def test_a_body_that_cannot_be_read_is_never_a_500(client: Client, body: bytes, content_type: str) -> None:
    assert client.generic("POST", "/accounts/sign-out/", body, content_type=content_type).status_code < 500


@pytest.mark.parametrize("language", ["", "/en"])
@pytest.mark.parametrize("exception", [OperationalError("the server closed the connection")])
def test_a_database_that_goes_away_gives_503_and_the_form_back(
    client: Client, language: str, exception: Exception
) -> None:
    person = a_person()
    browser = sign_in(client, person)
    with mock.patch("incidents.views.guide.Policy.objects.in_force", side_effect=exception):
        response = browser.post(
            f"{language}/guide/", {"summary": "تعذّر الدخول منذ الثانية", "national_id": "1000000008"}
        )
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    page = response.content.decode()
    assert "تعذّر الدخول منذ الثانية" in page
    assert "1000000008" not in page


def test_a_database_that_is_away_from_the_start_gives_503() -> None:
    client = sign_in(Client(raise_request_exception=False), a_person())
    with mock.patch("django.contrib.sessions.backends.db.SessionStore.load", side_effect=OperationalError("away")):
        assert client.get("/").status_code == 503


def test_a_stale_token_gives_the_filled_form_back(client_of: Callable[[User], Client]) -> None:
    browser = Client(enforce_csrf_checks=True)
    sign_in(browser, a_person())
    response = browser.post(
        "/reports/new/own-outage/", {"summary": "نص طويل كُتب عند الثانية", "csrfmiddlewaretoken": "stale"}
    )
    assert response.status_code == 403
    page = response.content.decode()
    assert "نص طويل كُتب عند الثانية" in page
    assert 'name="csrfmiddlewaretoken"' in page


def test_a_foreign_page_gets_a_plain_refusal() -> None:
    browser = Client(enforce_csrf_checks=True)
    sign_in(browser, a_person())
    response = browser.post("/reports/new/own-outage/", {"summary": "نص"}, headers={"Origin": "https://evil.example"})
    assert response.status_code == 403
    assert 'name="summary"' not in response.content.decode()


@pytest.mark.parametrize("path", ["/no-such-page/", "/en/no-such-page/", "/reports/OUT-2026-999999/"])
def test_a_page_that_is_not_there_is_said_kindly(client_of: Callable[[User], Client], path: str) -> None:
    response = client_of(a_person()).get(path)
    assert response.status_code == 404
    assert "لم" in response.content.decode() or "not" in response.content.decode()


def test_a_forged_host_is_refused(client: Client) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
