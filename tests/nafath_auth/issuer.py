"""A provider that answers as a test wants it to: everything over HTTP, nothing over the network."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import jwt
import requests
import responses
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ISSUER = "https://nafath.example"
CLIENT = "portal"


def a_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


KEY = a_key()  # slow to make, so made once


@dataclass
class Issuer:
    """What it will say at the next sign-in. `claims` and `userinfo` overrule what is usual; None leaves one out."""

    number: str = "1000000008"
    nonce: str = ""
    kid: str = "first"
    claims: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    published: dict[str, rsa.RSAPrivateKey] = field(default_factory=lambda: {"first": KEY})
    token: str | None = None
    description: dict[str, Any] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    redeemed: dict[str, str] = field(default_factory=dict)

    def serve(self, mock: responses.RequestsMock) -> None:
        doors = {
            "/.well-known/openid-configuration": self._description,
            "/jwks": self._keys,
            "/authorize": lambda request: {},  # its page: that it answers is all the portal asks
            "/userinfo": lambda request: {"sub": self.number, **self.userinfo},
        }
        for path, door in doors.items():
            mock.add_callback("GET", ISSUER + path, self._behind(path, door))
        mock.add_callback("GET", ISSUER + "/token", self._behind("/token", lambda request: {}))
        mock.add_callback("POST", ISSUER + "/token", self._behind("/token", self._tokens))

    def id_token(self, key: Any = KEY, algorithm: str = "RS256") -> str:
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": CLIENT,
            "sub": self.number,
            "nonce": self.nonce,
            "iat": now,
            "exp": now + 300,
            "auth_time": now - 5,
            "acr": "aal2",
            "amr": ["otp"],
            "arabicName": "منى بنت سعد الشهري",
            "englishName": "Mona Al-Shehri",
            **self.claims,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, key, algorithm=algorithm, headers={"kid": self.kid})

    def _behind(self, path: str, door: Any) -> Any:
        def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
            self.asked.append(path)
            if path in self.down:
                raise requests.ConnectTimeout
            return 200, {"Content-Type": "application/json"}, json.dumps(door(request))

        return answer

    def _description(self, request: requests.PreparedRequest) -> dict[str, Any]:
        usual = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/jwks",
            "userinfo_endpoint": f"{ISSUER}/userinfo",
            "end_session_endpoint": f"{ISSUER}/logout",
        }
        return {**usual, **self.description}

    def _keys(self, request: requests.PreparedRequest) -> dict[str, Any]:
        return {
            "keys": [
                {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig", "alg": "RS256"}
                for kid, key in self.published.items()
            ]
        }

    def _tokens(self, request: requests.PreparedRequest) -> dict[str, Any]:
        self.redeemed = {name: values[0] for name, values in parse_qs(str(request.body)).items()}
        return {
            "access_token": "opaque",
            "token_type": "Bearer",
            "id_token": self.id_token() if self.token is None else self.token,
        }
