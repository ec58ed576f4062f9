"""The pretend Nafath stays on one's own machine, and the real one is spoken to under https."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from nafath_auth.ways import WAYS, is_loopback


def networks(named: Iterable[str]) -> list[IPv4Network | IPv6Network]:
    """Addresses and networks as networks. Raises ValueError for what is neither."""
    return [ip_network(name.strip()) for name in named]


@register()
def nafath_check(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E001: no simulator outside one's own machine. E002: https. E003: a signature anybody can check, nobody make.

    E004: what the chosen way needs. E005: addresses that are none.
    """
    errors: list[CheckMessage] = []
    way = WAYS[settings.NAFATH_ADAPTER]
    name = way.address
    issuer = urlsplit(getattr(settings, name))
    loopback = is_loopback(issuer.hostname or "")
    # In production never, for a proxy may well ask for the portal by a loopback name; but in its drill, whose every
    # address is loopback. By `oidc` there: what is drilled is what serves people.
    if settings.PRODUCTION:
        allowed = settings.PRODUCTION_DRILL and settings.NAFATH_ADAPTER != "simulator"
    else:
        allowed = settings.NAFATH_ALLOW_SIMULATOR
    at_home = allowed and all(map(is_loopback, settings.ALLOWED_HOSTS))
    if (settings.NAFATH_ADAPTER == "simulator" or loopback) and not at_home:
        errors.append(
            Error(
                "The portal would let in whoever the simulator of Nafath names.",
                hint=f"Name the real provider in NAFATH_ADAPTER and {name}. For development on one's own "
                "machine, set NAFATH_ALLOW_SIMULATOR=true and only loopback names in ALLOWED_HOSTS.",
                id="nafath_auth.E001",
            )
        )
    if issuer.scheme != "https" and not loopback:
        errors.append(Error(f"{name} must be an https address.", hint="https://…", id="nafath_auth.E002"))
    if any(name.startswith("HS") or name.lower() == "none" for name in settings.NAFATH_OIDC_ALGORITHMS):
        errors.append(
            Error("NAFATH_OIDC_ALGORITHMS must name signatures with a public key.", hint="RS256", id="nafath_auth.E003")
        )
    missing = way.missing(lambda name: getattr(settings, name))
    if missing:
        errors.append(
            Error(f"NAFATH_ADAPTER={settings.NAFATH_ADAPTER} needs {', '.join(missing)}.", id="nafath_auth.E004")
        )
    return errors + (_push_check() if way.kind == "app" else [])


def _push_check() -> list[CheckMessage]:
    errors: list[CheckMessage] = []
    try:
        networks(settings.NAFATH_PUSH_CALLBACK_IPS)
    except ValueError as wrong:
        errors.append(
            Error("NAFATH_PUSH_CALLBACK_IPS: " + str(wrong), hint="10.1.2.3,10.2.0.0/24", id="nafath_auth.E005")
        )
    return errors
