"""The privacy notice is acknowledged with the first sign-in, and once more when it says something else."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

import pytest
from django.conf import settings as portal
from django.test import Client

from entities.models import AuditEvent, User
from tests.factories import a_person
from tests.nafath_auth.conftest import Visitor, a_regular

NUMBER = "1000000008"
#: What each version said. Who changes the notice raises PRIVACY_NOTICE_VERSION and adds its line.
TEXTS = {"2026-11": "70c6cf66f552845f"}


def acknowledged() -> list[dict[str, Any]]:
    return list(AuditEvent.objects.filter(action=AuditEvent.Action.NOTICE_SEEN).values_list("data", flat=True))


def test_another_text_has_another_version() -> None:
    source = (portal.BASE_DIR / "templates" / "outage_portal" / "privacy.html").read_text()
    words = re.findall(r'{% translate "(.*?)" %}|{% blocktranslate[^%]*%}(.*?){% endblocktranslate', source, re.DOTALL)
    digest = sha256(" ".join("".join(pair).strip() for pair in words).encode()).hexdigest()[:16]
    assert TEXTS[portal.PRIVACY_NOTICE_VERSION] == digest


def test_the_press_that_confirms_one_s_data_acknowledges_the_notice(visitor: Visitor) -> None:
    person = a_person(number=NUMBER)
    page = visitor.sign_in(NUMBER, next="/team/").headers["Location"]
    assert 'href="/privacy/"' in visitor.get(page).content.decode()
    assert acknowledged() == []
    assert visitor.post("/accounts/first-sign-in/", {"next": "/team/"}).headers["Location"] == "/team/"
    person.refresh_from_db()
    assert person.notice_version == portal.PRIVACY_NOTICE_VERSION and person.notice_at
    assert acknowledged() == [{"version": portal.PRIVACY_NOTICE_VERSION}]


def test_whoever_has_seen_this_version_is_asked_nothing(visitor: Visitor) -> None:
    a_regular(number=NUMBER)
    assert visitor.sign_in(NUMBER, next="/team/").headers["Location"] == "/team/"


def test_a_changed_version_costs_one_press_once(visitor: Visitor, settings: Any) -> None:
    a_regular(number=NUMBER)
    settings.PRIVACY_NOTICE_VERSION = "2030-01"
    answer = visitor.sign_in(NUMBER, next="/report/outage/")
    assert answer.headers["Location"] == "/accounts/first-sign-in/?next=%2Freport%2Foutage%2F"
    page = visitor.get(answer.headers["Location"]).content.decode()
    assert "2030-01" in page and "checkbox" not in page
    onward = visitor.post("/accounts/first-sign-in/", {"next": "/report/outage/"})
    assert onward.headers["Location"] == "/report/outage/"
    assert acknowledged() == [{"version": "2030-01"}]
    visitor.post("/accounts/sign-out/", {"scope": "portal"})
    assert visitor.sign_in(NUMBER, next="/team/").headers["Location"] == "/team/"


def test_nothing_waits_for_the_acknowledgement(visitor: Visitor, settings: Any) -> None:
    """Whoever goes past the page works on, and is asked again at the next sign-in."""
    a_regular(number=NUMBER)
    settings.PRIVACY_NOTICE_VERSION = "2030-01"
    visitor.sign_in(NUMBER)
    assert visitor.get("/team/").status_code == 200
    visitor.post("/accounts/sign-out/", {"scope": "portal"})
    assert "/accounts/first-sign-in/" in visitor.sign_in(NUMBER).headers["Location"]


def test_a_second_press_is_no_second_line(visitor: Visitor) -> None:
    a_person(number=NUMBER)
    visitor.sign_in(NUMBER)
    for _press in range(2):
        visitor.post("/accounts/first-sign-in/")
    assert len(acknowledged()) == 1
    assert User.objects.get().notice_at


@pytest.mark.django_db
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_notice_names_whom_to_ask_and_how_long_each_thing_is_kept(
    client: Client, prefix: str, settings: Any
) -> None:
    settings.PRIVACY_OFFICER_EMAIL, settings.PRIVACY_OFFICER_PHONE = "officer@portal.example", "011 222 3333"
    page = client.get(f"{prefix}/privacy/").content.decode()
    assert 'href="mailto:officer@portal.example"' in page and "011 222 3333" in page
    assert settings.PRIVACY_NOTICE_VERSION in page
    for days in settings.RETENTION_DAYS.values():
        assert f'class="num">{days}</td>' in page
