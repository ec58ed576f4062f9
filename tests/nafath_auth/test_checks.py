"""The simulator never runs where others can reach the portal."""

from __future__ import annotations

from typing import Any

import pytest

from nafath_auth.checks import nafath_check
from nafath_auth.ways import is_loopback

REAL = {"NAFATH_ADAPTER": "oidc", "NAFATH_OIDC_ISSUER": "https://www.iam.gov.sa", "ALLOWED_HOSTS": ["portal.gov.sa"]}
PRETENDED = {
    "NAFATH_ADAPTER": "simulator",
    "NAFATH_OIDC_ISSUER": "http://127.0.0.1:9010",
    "NAFATH_ALLOW_SIMULATOR": True,
    "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"],
}
DRILL = {**PRETENDED, "NAFATH_ADAPTER": "oidc", "PRODUCTION": True, "PRODUCTION_DRILL": True}


@pytest.mark.parametrize(
    ("named", "errors"),
    [
        (REAL, []),
        (PRETENDED, []),
        ({**PRETENDED, "NAFATH_ALLOW_SIMULATOR": False}, ["E001"]),
        ({**PRETENDED, "PRODUCTION": True}, ["E001"]),
        ({**PRETENDED, "NAFATH_ADAPTER": "oidc", "PRODUCTION": True}, ["E001"]),
        ({**DRILL}, []),
        ({**DRILL, "PRODUCTION_DRILL": False}, ["E001"]),
        ({**DRILL, "NAFATH_ADAPTER": "simulator"}, ["E001"]),
        ({**DRILL, "ALLOWED_HOSTS": ["localhost", "portal.gov.sa"]}, ["E001"]),
        ({**PRETENDED, "ALLOWED_HOSTS": ["localhost", "portal.gov.sa"]}, ["E001"]),
        ({**PRETENDED, "ALLOWED_HOSTS": ["*"]}, ["E001"]),
        ({**REAL, "NAFATH_ADAPTER": "simulator"}, ["E001"]),
        ({**REAL, "NAFATH_OIDC_ISSUER": "http://localhost:9010"}, ["E001"]),
        ({**REAL, "NAFATH_OIDC_ISSUER": "https://[::1]:9010"}, ["E001"]),
        ({**REAL, "NAFATH_OIDC_ISSUER": "http://www.iam.gov.sa"}, ["E002"]),
        ({**REAL, "NAFATH_OIDC_ISSUER": ""}, ["E002", "E004"]),
        ({**REAL, "NAFATH_OIDC_ALGORITHMS": ["RS256", "HS256"]}, ["E003"]),
        ({**REAL, "NAFATH_OIDC_ALGORITHMS": ["none"]}, ["E003"]),
    ],
)
def test_settings_are_judged(settings: Any, named: dict[str, Any], errors: list[str]) -> None:
    settings.NAFATH_ALLOW_SIMULATOR = False
    for name, value in named.items():
        setattr(settings, name, value)
    assert [error.id for error in nafath_check(None)] == [f"nafath_auth.{number}" for number in errors]


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("localhost", True),
        ("a.localhost", True),
        ("127.0.0.9", True),
        ("[::1]", True),
        ("localhost.evil.example", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine(host: str, answer: bool) -> None:
    assert is_loopback(host) is answer
