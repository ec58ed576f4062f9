"""Nafath as a provider of django-allauth, which keeps a sign-in's state and the account behind a person.

Nothing in a request chooses how one signs in: `?process`, `?scope` and `?auth_params` are never read.
"""

import secrets
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.base.provider import Provider, ProviderAccount
from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language

from entities import national_id
from nafath_auth.actions import Admission
from nafath_auth.adapters import oidc
from nafath_auth.adapters.trust import NafathRefused

PROVIDER = "nafath"


class NafathCancelled(Exception):
    """The person turned back at Nafath."""


class NafathLogin(SocialLogin):
    """A sign-in in progress. The proof lives as long as the request; what is stored holds a digest and no claim."""

    admission: Admission

    def __init__(self, provider: "NafathProvider", proof: oidc.Proof, state: dict[str, Any]) -> None:
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

    def begin(self, request: HttpRequest, *, next_url: str) -> HttpResponseRedirect:
        """Send the browser to Nafath. Raises NafathUnavailable before anything is kept."""
        attempt, state_id = oidc.Attempt.new(), secrets.token_urlsafe(24)
        address = oidc.authorization_url(
            attempt, state=state_id, redirect_uri=_callback_url(), language=get_language() or "ar"
        )
        self.stash_redirect_state(
            request,
            AuthProcess.LOGIN,
            next_url=next_url,
            state_id=state_id,
            nonce=attempt.nonce,
            verifier=attempt.verifier,
        )
        return HttpResponseRedirect(address)

    def finish(self, request: HttpRequest) -> NafathLogin:
        """What the browser brought back, verified. A state is good once, for ten minutes, in its own session.

        Raises PermissionDenied when the state is not (any more) this session's, NafathCancelled, NafathRefused
        and NafathUnavailable.
        """
        state = self.unstash_redirect_state(request, request.GET.get("state", ""))
        if request.GET.get("error") == "access_denied":
            raise NafathCancelled
        if "code" not in request.GET:
            raise NafathRefused("callback: no code")
        attempt = oidc.Attempt(nonce=state["nonce"], verifier=state["verifier"])
        proof = oidc.redeem(request.GET["code"], attempt, redirect_uri=_callback_url())
        return NafathLogin(self, proof, state)


def nafath(request: HttpRequest) -> NafathProvider:
    """The one way in."""
    provider: NafathProvider = get_adapter(request).get_provider(request, PROVIDER)
    return provider


def _callback_url() -> str:
    """As registered with the provider: never from the Host header."""
    return f"{settings.PORTAL_ORIGIN}{reverse('nafath_callback')}"


provider_classes = [NafathProvider]
