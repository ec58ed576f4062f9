"""Filing a report and signing in, as a browser posts them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import responses
from django.conf import settings
from django.core.cache import caches
from django.test import Client, override_settings
from django.utils import timezone

from bench.measuring import COUNTS, ROUNDS, Page
from entities.models import User
from incidents.forms.doors import DOORS
from tests.conftest import sign_in
from tests.factories import a_person, a_service, a_team
from tests.incidents.typed import minimal
from tests.nafath_auth.conftest import Visitor
from tests.nafath_auth.issuer import CLIENT, ISSUER, Issuer

if TYPE_CHECKING:
    from bench.board import Cast

#: A round: each of them leaves something behind.
REQUESTS = 4
NUMBER = "1000000008"


def deeds(cast: Cast, stack: ExitStack) -> Iterator[Page]:
    """The POST that files, and a whole sign-in with a provider that answers at once."""
    yield Page("filing, the POST", _filing(cast.member), 2.0, 15, status=302, requests=REQUESTS)
    yield Page("sign-in, from the button and back", _signing_in(stack), status=302, requests=REQUESTS)


def _filing(member: User) -> Callable[[], Any]:
    """Each time about another service of the entity."""
    assert member.acting is not None
    a_team(member.acting.entity)
    client, door = sign_in(Client(), member), DOORS["own-outage"]
    times = COUNTS + ROUNDS * REQUESTS
    forms = [minimal("own-outage", service=a_service(entity=member.acting.entity)) for _n in range(times)]
    return lambda: client.post(door.url, forms.pop())


def _signing_in(stack: ExitStack) -> Callable[[], Any]:
    person, issuer = a_person(number=NUMBER), Issuer()
    seen = {"last_login": timezone.now(), "notice_version": settings.PRIVACY_NOTICE_VERSION}
    User.objects.filter(pk=person.pk).update(**seen)
    nafath = {"ADAPTER": "oidc", "OIDC_ISSUER": ISSUER, "OIDC_CLIENT_ID": CLIENT, "OIDC_CLIENT_SECRET": "a:secret"}
    named = {f"NAFATH_{name}": value for name, value in nafath.items()}
    stack.enter_context(override_settings(PORTAL_ORIGIN="https://portal.example", **named))
    caches["process"].clear()
    issuer.serve(stack.enter_context(responses.RequestsMock(assert_all_requests_are_fired=False)))

    def whole() -> Any:
        visitor = Visitor()
        visitor.issuer = issuer
        return visitor.sign_in(NUMBER)

    return whole
