"""allauth's two adapters: nobody signs up, nobody has a password, and only the admitted come in."""

import uuid
from typing import Any, cast

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.crypto import get_random_string

from entities.models import AuditEvent, Entity
from entities.text import EASILY_TOLD
from nafath_auth import sessions
from nafath_auth.actions import AdmissionRefused, admit
from nafath_auth.provider import NafathLogin

log = structlog.get_logger(__name__)


class NafathAdmission(DefaultSocialAccountAdapter):
    """Lets in who is registered; whoever is not leaves no trace but a line for the auditors."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        login = cast(NafathLogin, sociallogin)
        try:
            login.admission = admit(login.proof.identity, login.account)
        except AdmissionRefused as refusal:
            response = refuse(request, "refused", status=403, reason=refusal.reason, person=refusal.person)
            raise ImmediateHttpResponse(response) from refusal
        login.user, login.account = login.admission.person, login.admission.account


class NoLocalAccounts(DefaultAccountAdapter):
    """What allauth would do for accounts with a password, and here must not."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        return []

    def post_login(
        self, request: HttpRequest, user: Any, *, redirect_url: str | None, signal_kwargs: Any, **rest: Any
    ) -> HttpResponse:
        """allauth has just opened the session under a new key; fill it and go on."""
        login: NafathLogin = signal_kwargs["sociallogin"]
        sessions.open_session(request, login.admission, login.proof)
        return HttpResponseRedirect(sessions.onward(request, user, redirect_url or ""))


def refuse(
    request: HttpRequest, page: str, *, status: int, reason: str, person: uuid.UUID | None = None
) -> HttpResponse:
    """End the visit with a reference number. The reason goes to the auditors; the page is the same for all.

    A session that was open ends as well: the person at the browser may no longer be the one it belongs to.
    """
    reference = get_random_string(8, EASILY_TOLD)
    refused = AuditEvent.Action.SIGN_IN_REFUSED
    try:
        AuditEvent.record(refused, person=person, reason=reason, reference=reference)
    except Entity.DoesNotExist:  # before invite_admin has run there is no authority, and so no chain
        log.warning("sign_in_refused", reason=reason, reference=reference)
    if request.user.is_authenticated:
        logout(request)
    return render(request, f"nafath_auth/{page}.html", {"reference": reference}, status=status)
