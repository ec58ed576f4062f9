"""What the pretend Nafath says about a person: the claim names are IAM's."""

from collections.abc import Iterable
from typing import Any, Literal

from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.models import Client
from django.contrib.auth.base_user import AbstractBaseUser

from simulator.models import SimPerson


class SimulatorOIDCAdapter(DefaultOIDCAdapter):
    def get_user_sub(self, client: Client, user: AbstractBaseUser) -> str:
        return user.get_username()

    def get_user_by_sub(self, client: Client, sub: str) -> SimPerson | None:
        return SimPerson.objects.filter(national_id=sub, is_active=True).first()

    def get_claims(
        self,
        purpose: Literal["id_token", "userinfo"],
        user: AbstractBaseUser,
        client: Client,
        scopes: Iterable[str],
        email: str | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """The ID as text (never a number), both names, and the moment she last proved who she is.

        `auth_time` is kept per person: the token endpoint knows no browser session. A step-up asks
        `prompt=login`, which always ends in a sign-in of its own, so the time is that one's.
        """
        person = SimPerson.objects.get(pk=user.pk)
        claims: dict[str, Any] = {"sub": person.national_id, "userid": person.national_id}
        if "profile" in scopes:
            claims |= {"arabicName": person.name_ar, "englishName": person.name_en}
        if purpose == "id_token" and person.last_login:
            claims["auth_time"] = int(person.last_login.timestamp())
        return claims

    def populate_id_token(self, id_token: dict[str, Any], client: Client, scopes: Iterable[str], **kwargs: Any) -> None:
        id_token.update(acr="urn:nafath-sim:aal2", amr=["otp"])

    def populate_server_metadata(self, data: dict[str, Any]) -> None:
        data["authorization_response_iss_parameter_supported"] = True  # views/oidc.py keeps the promise
