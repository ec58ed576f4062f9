"""A browser for the simulator's pages, without JavaScript: it keeps cookies and fills forms in."""

import base64
import hashlib
import re
import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import requests

from tests.simulator_process import Persona, Simulator

WATERMARKS = {
    "ar": "محاكاة لبيئة التطوير — ليست نفاذ. لا تُدخل بيانات حقيقية",
    "en": "Development simulator — not Nafath. Enter no real data",
}


class Browser:
    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.session = requests.Session()
        self.verifier = secrets.token_urlsafe(48)

    def get(self, path: str, **options: object) -> requests.Response:
        return self.session.get(self._url(path), timeout=10, **options)  # type: ignore[arg-type]

    def post(self, path: str, **fields: str) -> requests.Response:
        """Submit a form of the simulator: its CSRF token comes from the sign-in page."""
        page = self.get("/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        assert token
        body = {"csrfmiddlewaretoken": token[1], **fields}
        return self.session.post(self._url(path), data=body, timeout=10, allow_redirects=False)

    def follow(self, response: requests.Response) -> requests.Response:
        """Follow redirects as long as they stay on the simulator."""
        while response.is_redirect and not response.headers["Location"].startswith(self.simulator.portal_origin):
            response = self.get(response.headers["Location"], allow_redirects=False)
        return response

    def authorize_path(self, **changes: str) -> str:
        """What the portal's sign-in button leads to: code flow, PKCE S256, state and nonce."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=")
        query = {
            "client_id": self.simulator.client_id,
            "redirect_uri": f"{self.simulator.portal_origin}/accounts/nafath/callback/",
            "response_type": "code",
            "scope": "openid profile",
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
            **changes,
        }
        return f"/identity/o/authorize?{urlencode(query)}"

    def press_card(self, persona: Persona, **changes: str) -> requests.Response:
        """Start at the portal's button and press the persona's card; ends with the redirect to the portal."""
        login = self.follow(self.get(self.authorize_path(**changes), allow_redirects=False))
        cards = re.findall(r'name="person" value="(\d+)">.*?<b>(.*?)</b>', login.text, re.S)
        key = {name: key for key, name in cards}[persona.name]
        return self.follow(self.post(f"/login/as/?{urlsplit(login.url).query}", person=key))

    def ask_for_code(self, persona: Persona, **changes: str) -> str:
        """Type the persona's ID; returns the path of the code page."""
        login = self.follow(self.get(self.authorize_path(**changes), allow_redirects=False))
        answer = self.post(f"/login/?{urlsplit(login.url).query}", national_id=persona.national_id)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def redeem(self, callback: requests.Response, **changes: str) -> requests.Response:
        """What the portal does with the code: ask the token endpoint."""
        body = {
            "grant_type": "authorization_code",
            "code": query_of(callback)["code"],
            "redirect_uri": f"{self.simulator.portal_origin}/accounts/nafath/callback/",
            "code_verifier": self.verifier,
            **changes,
        }
        credentials = (self.simulator.client_id, self.simulator.client_secret)
        return requests.post(self._url("/identity/o/api/token"), data=body, auth=credentials, timeout=10)

    def verified(self, token: requests.Response) -> dict[str, object]:
        """The id_token's claims, its signature checked with the published key."""
        raw = token.json()["id_token"]
        keys = jwt.PyJWKSet.from_dict(self.get("/.well-known/jwks.json").json())
        key = keys[jwt.get_unverified_header(raw)["kid"]]
        claims: dict[str, object] = jwt.decode(
            raw, key, algorithms=["RS256"], audience="portal", issuer=self.simulator.origin
        )
        return claims

    def _url(self, path: str) -> str:
        return path if path.startswith("http") else self.simulator.origin + path


def query_of(response: requests.Response) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(response.headers["Location"]).query).items()}
