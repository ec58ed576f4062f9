"""The ways to Nafath that NAFATH_ADAPTER chooses among, and what each must be told. Read by settings.py."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal


@dataclass(frozen=True)
class Way:
    """`kind`: what comes back to us. `code`: an address. `app`: a callback. `form`: a form that the browser posts."""

    kind: Literal["code", "app", "form"]
    address: str  #: the setting that says where it lives
    needed: dict[str, str]  #: settings and what they are; `A or B` is content with either

    def missing(self, told: Callable[[str], object]) -> dict[str, str]:
        """Of what is needed, what is empty."""
        return {name: hint for name, hint in self.needed.items() if not any(map(told, name.split(" or ")))}


_OIDC = Way(
    "code",
    "NAFATH_OIDC_ISSUER",
    {
        "NAFATH_OIDC_ISSUER": "the https address of the identity provider",
        "NAFATH_OIDC_CLIENT_ID": "as registered with the identity provider",
        "NAFATH_OIDC_CLIENT_SECRET": "as registered with the identity provider",
    },
)
WAYS = {
    "simulator": _OIDC,
    "oidc": _OIDC,
    "push": Way(
        "app",
        "NAFATH_PUSH_BASE_URL",
        {
            "NAFATH_PUSH_BASE_URL": "the https address of the service, up to /api",
            "NAFATH_PUSH_APP_ID": "as given by Nafath for this environment",
            "NAFATH_PUSH_APP_KEY": "as given by Nafath for this environment",
            "NAFATH_PUSH_SERVICE": "the service key of the contract, such as Login",
            "NAFATH_PUSH_ISSUERS": "the issuers that its tokens may name, separated by commas",
            "NAFATH_PUSH_AUDIENCE": "the name under which the portal is registered there",
            "NAFATH_PUSH_SERVER_IP": "the address from which the portal calls",
            "NAFATH_PUSH_CALLBACK_IPS": "the addresses and networks from which Nafath calls",
        },
    ),
    "iam": Way(
        "form",
        "NAFATH_IAM_AUTHORIZE_URL",
        {
            "NAFATH_IAM_AUTHORIZE_URL": "the https address to which a signed request goes",
            "NAFATH_IAM_CLIENT_ID": "the name under which the portal is registered there",
            "NAFATH_IAM_PRIVATE_KEY_PATH": "a PEM file: the RSA key whose public half is registered there",
            "NAFATH_IAM_ISSUER": "the issuer that its tokens name",
            "NAFATH_IAM_JWKS_URL or NAFATH_IAM_CERT_PATH": "its published keys, or a PEM file with its certificate",
            "NAFATH_IAM_LOGOUT_URL": "the https address that ends the session there",
        },
    ),
}


def is_loopback(host: str) -> bool:
    """Whether a host name can only mean this machine."""
    host = host.strip("[]")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
