"""A browser that goes to Nafath and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from django.conf import settings
from django.core.cache import caches
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from entities.models import Entity, User
from entities.permissions import Role
from tests.factories import a_person, an_entity
from tests.nafath_auth.issuer import CLIENT, ISSUER, Issuer


class Visitor(Client):
    """Signs in step by step, or all at once."""

    issuer: Issuer

    def start(self, *, prefix: str = "", query: str = "", **fields: str) -> dict[str, str]:
        """Press the button; what the browser takes along to Nafath."""
        answer = self.post(f"{prefix}/accounts/nafath/start/{query}", fields)
        assert answer.status_code == 302, answer.content.decode()
        address = urlsplit(answer.headers["Location"])
        assert f"{address.scheme}://{address.netloc}{address.path}" == f"{ISSUER}/authorize"
        sent = {name: values[0] for name, values in parse_qs(address.query).items()}
        self.issuer.nonce = sent["nonce"]
        return sent

    def come_back(self, sent: dict[str, str], *, query: dict[str, str] | None = None) -> HttpResponse:
        path = urlsplit(sent["redirect_uri"]).path
        answer = self.get(path, {"state": sent["state"], **({"code": "c0de"} if query is None else query)})
        assert isinstance(answer, HttpResponse)
        return answer

    def sign_in(self, number: str = "", **start: str) -> HttpResponse:
        sent = self.start(**start)
        self.issuer.number = number or self.issuer.number
        return self.come_back(sent)

    @property
    def is_signed_in(self) -> bool:
        return "_auth_user_id" in self.session


def a_regular(role: Role | None = Role.DIRECTOR, *, number: str = "1000000008", **fields: Any) -> User:
    """Somebody who has signed in before."""
    person = a_person(role, number=number)
    seen = {"last_login": timezone.now(), "notice_version": settings.PRIVACY_NOTICE_VERSION}
    User.objects.filter(pk=person.pk).update(**seen, **fields)
    return person


@pytest.fixture
def authority(db: None) -> Entity:
    return an_entity(authority=True)


@pytest.fixture
def issuer(settings: Any) -> Iterator[Issuer]:
    settings.NAFATH_ADAPTER = "oidc"
    settings.NAFATH_OIDC_ISSUER = ISSUER
    settings.NAFATH_OIDC_CLIENT_ID = CLIENT
    settings.NAFATH_OIDC_CLIENT_SECRET = "a:secret"
    settings.PORTAL_ORIGIN = "https://portal.example"
    caches["process"].clear()
    provider = Issuer()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        provider.serve(mock)
        yield provider
    caches["process"].clear()


@pytest.fixture
def visitor(authority: Entity, issuer: Issuer) -> Visitor:
    browser = Visitor()
    browser.issuer = issuer
    return browser
