"""Tokens that only look like Nafath's: the pretend Nafath forges them, the portal has to see it."""

from __future__ import annotations

from attack.browser import Browser
from attack.doors import DIRECTOR
from attack.house import House
from attack.plan import Attempt, attack, refused

#: The simulator's name of the fault, and what it is.
FORGERIES = {
    "bad_nonce": "A token made for another sign-in (nonce)",
    "bad_audience": "A token made for another client (audience)",
    "bad_signature": "A token signed by somebody else",
    "alg_none": "A token without a signature (alg none)",
    "hs256": "A token signed with the public key as if it were a secret (HS256)",
    "unknown_kid": "A token under a key that nobody publishes (kid)",
    "bad_issuer": "A token of another issuer",
    "expired_token": "A token past its time",
    "other_subject": "A token whose subject and number are two people",
}


def _forged(fault: str) -> Attempt:
    def attempt(house: House) -> str:
        seen = len(_refusals(house))
        house.fault(fault)
        try:
            with Browser() as browser:
                page = house.prove(browser, DIRECTOR)
                if page.url.startswith(house.simulator):  # IAM's page, whose form the browser posts
                    page = browser.press(page, "/accounts/nafath/form/")
                refused(not house.is_in(browser), unless="it opened a session")
                refused(page.status_code in (400, 403), unless=f"the answer was {page.status_code}")
        finally:
            house.fault("")
        reasons = _refusals(house)[seen:]
        refused(reasons, unless="the security log does not know of it")
        return f"{page.status_code}, nobody signed in; the log says “{reasons[-1]}”"

    attempt.__name__ = f"forged_{fault}"
    return attempt


def _refusals(house: House) -> list[str]:
    return [
        reason
        for (reason,) in house.ask(
            "SELECT data ->> 'reason' FROM entities_auditevent WHERE action = 'SIGN_IN_REFUSED' ORDER BY id"
        )
    ]


for _adapter in ("iam", "simulator"):
    for _fault, _title in FORGERIES.items():
        attack(_title, adapter=_adapter)(_forged(_fault))
attack("A browser sent back in the name of another issuer (mix-up)")(_forged("mix_up"))


@attack("The form that Nafath posts, posted a second time and from elsewhere", adapter="iam")
def form_replayed(house: House) -> str:
    with Browser() as victim, Browser() as thief:
        page = house.prove(victim, DIRECTOR)
        victim.press(page, "/accounts/nafath/form/")
        refused(house.is_in(victim), unless="the sign-in itself failed: this attack tried nothing")
        answer = thief.press(page, "/accounts/nafath/form/")
        refused(not house.is_in(thief), unless="the thief is signed in as the victim")
        return f"{answer.status_code}, nobody signed in"
