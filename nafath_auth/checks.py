"""The pretend Nafath stays on one's own machine, and the real one is spoken to under https."""

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


def is_loopback(host: str) -> bool:
    """Whether a host name can only mean this machine."""
    host = host.strip("[]")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@register()
def nafath_check(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E001: no simulator outside one's own machine. E002: https. E003: a signature anybody can check, nobody make."""
    errors: list[CheckMessage] = []
    issuer = urlsplit(settings.NAFATH_OIDC_ISSUER)
    loopback = is_loopback(issuer.hostname or "")
    # In production never: a proxy may well ask for the portal by a loopback name.
    allowed = settings.NAFATH_ALLOW_SIMULATOR and not settings.PRODUCTION
    at_home = allowed and all(map(is_loopback, settings.ALLOWED_HOSTS))
    if (settings.NAFATH_ADAPTER == "simulator" or loopback) and not at_home:
        errors.append(
            Error(
                "The portal would let in whoever the simulator of Nafath names.",
                hint="Name the real provider in NAFATH_ADAPTER and NAFATH_OIDC_ISSUER. For development on one's own "
                "machine, set NAFATH_ALLOW_SIMULATOR=true and only loopback names in ALLOWED_HOSTS.",
                id="nafath_auth.E001",
            )
        )
    if issuer.scheme != "https" and not loopback:
        errors.append(Error("NAFATH_OIDC_ISSUER must be an https address.", hint="https://…", id="nafath_auth.E002"))
    if any(name.startswith("HS") or name.lower() == "none" for name in settings.NAFATH_OIDC_ALGORITHMS):
        errors.append(
            Error("NAFATH_OIDC_ALGORITHMS must name signatures with a public key.", hint="RS256", id="nafath_auth.E003")
        )
    return errors
