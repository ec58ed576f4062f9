"""Nafath as a provider of django-allauth, which keeps a sign-in's state and the account behind a person.

Nothing in a request chooses how one signs in: `?process`, `?scope` and `?auth_params` are never read.
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter as account_adapter
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.base.provider import Provider, ProviderAccount
from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language

from entities import national_id
from nafath_auth import approval, breaker, probe
from nafath_auth.actions import Admission
from nafath_auth.adapters.attempt import Attempt, Proof
from nafath_auth.adapters.chosen import by_browser, kind
from nafath_auth.adapters.push import PushUnavailable, Trouble
from nafath_auth.adapters.trust import NafathUnavailable
from nafath_auth.models import NafathTransaction

PROVIDER = "nafath"
IN_APP = "nafath_in_app"  # in the session: the one request of this browser


class NafathCancelled(Exception):
    """The person turned back at Nafath."""


class NafathLogin(SocialLogin):
    """A sign-in in progress. The proof lives as long as the request; what is stored holds a digest and no claim."""

    admission: Admission

    def __init__(self, provider: "NafathProvider", proof: Proof, state: dict[str, Any]) -> None:
        told = proof.identity
        account = SocialAccount(
            provider=PROVIDER,
            uid=national_id.digest(told.national_id),
            extra_data={"iss": told.issuer, "acr": told.acr, "amr": list(told.amr)},
        )
        super().__init__(account=account, provider=provider)
        self.proof = proof
        self.state = state


class NafathProvider(Provider):
    id = PROVIDER
    name = "Nafath"
    account_class = ProviderAccount
    uses_apps = False  # the client is in the settings, not in a table

    def begin(self, request: HttpRequest, *, next_url: str, again: str = "", deed: str = "") -> HttpResponseRedirect:
        """Send the browser to Nafath. Raises NafathUnavailable before anything is kept.

        `again`: the public id of who is signed in, and proves anew that it is she; `deed`: the mark of what waits.
        """
        if not probe.answers():
            raise NafathUnavailable("the breaker is open, or its doors do not answer")
        attempt = Attempt.new(again=bool(again))
        state_id = attempt.nonce if kind() == "form" else secrets.token_urlsafe(24)  # IAM wants them alike (A.3)
        address = by_browser().authorization_url(
            attempt, state=state_id, redirect_uri=_callback_url(), language=get_language() or "ar"
        )
        self.stash_redirect_state(
            request,
            AuthProcess.LOGIN,
            next_url=next_url,
            state_id=state_id,
            nonce=attempt.nonce,
            verifier=attempt.verifier,
            since=attempt.since,
            again=again,
            deed=deed,
        )
        return HttpResponseRedirect(address)

    def finish(self, request: HttpRequest, brought: Mapping[str, str]) -> NafathLogin:
        """What the browser brought back, by address or by form, verified.

        A state is good once, for ten minutes, in its own session.
        Raises PermissionDenied when the state is not (any more) this session's, NafathCancelled, NafathRefused
        and NafathUnavailable.
        """
        state = self.unstash_redirect_state(request, brought.get("state", ""))
        if brought.get("error") == "access_denied":
            raise NafathCancelled
        attempt = Attempt(nonce=state["nonce"], verifier=state["verifier"], since=state.get("since", 0))
        proof = by_browser().redeem(brought, attempt, redirect_uri=_callback_url())
        breaker.answered()
        return NafathLogin(self, proof, state)

    def ask_in_app(
        self, request: HttpRequest, number: str, *, next_url: str, again: str = "", deed: str = ""
    ) -> NafathTransaction:
        """Put a request into the person's Nafath app; it belongs to this browser. Raises PushUnavailable."""
        if not breaker.may_try():
            raise PushUnavailable(Trouble.AWAY)
        state_id = secrets.token_urlsafe(24)
        begun = approval.begin(
            number,
            state_id=state_id,
            client_ip=account_adapter(request).get_client_ip(request),
            language=get_language() or "ar",
            window=timedelta(seconds=settings.NAFATH_PUSH_WINDOW_S),
        )
        breaker.answered()
        request.session[IN_APP] = {"id": str(begun.pk), "state_id": state_id}
        self.stash_redirect_state(
            request, AuthProcess.LOGIN, next_url=next_url, state_id=state_id, again=again, deed=deed
        )
        return begun

    def asked_in_app(self, request: HttpRequest, key: UUID) -> NafathTransaction | None:
        """The request that this very browser began, nobody else's."""
        mine = request.session.get(IN_APP, {})
        if mine.get("id") != str(key):
            return None
        return NafathTransaction.objects.filter(pk=key, state_id=mine["state_id"]).first()

    def finish_in_app(self, request: HttpRequest, begun: NafathTransaction) -> NafathLogin:
        """The sign-in that was approved, once. Raises PermissionDenied and NafathRefused."""
        identity = approval.consume(begun)
        request.session.pop(IN_APP, None)
        state = self.unstash_redirect_state(request, begun.state_id)
        return NafathLogin(self, Proof(identity, id_token=""), state)


def nafath(request: HttpRequest) -> NafathProvider:
    """The one way in."""
    provider: NafathProvider = get_adapter(request).get_provider(request, PROVIDER)
    return provider


def _callback_url() -> str:
    """As registered with the provider: never from the Host header."""
    return f"{settings.PORTAL_ORIGIN}{reverse('nafath_form' if kind() == 'form' else 'nafath_callback')}"


provider_classes = [NafathProvider]
