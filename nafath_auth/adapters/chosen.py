"""The adapter that NAFATH_ADAPTER names, where the browser itself goes to Nafath and comes back."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from django.conf import settings

from nafath_auth.adapters import iam, oidc
from nafath_auth.adapters.attempt import Attempt, Proof
from nafath_auth.ways import WAYS


class ByBrowser(Protocol):
    """What both modules can."""

    def authorization_url(self, attempt: Attempt, *, state: str, redirect_uri: str, language: str) -> str: ...
    def redeem(self, brought: Mapping[str, str], attempt: Attempt, *, redirect_uri: str) -> Proof: ...
    def addresses(self) -> Iterator[tuple[str, None]]: ...
    def sign_out_form(self, id_token: str, *, return_to: str, state: str) -> tuple[str, dict[str, str]]: ...


def kind() -> str:
    return WAYS[settings.NAFATH_ADAPTER].kind


def by_browser() -> ByBrowser:
    return iam if kind() == "form" else oidc
