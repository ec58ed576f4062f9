"""Ways in that are none: codes and states used twice, a button bent by its query, addresses that lead elsewhere."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, urlsplit

import requests

from attack.browser import Browser, form_of
from attack.house import House
from attack.plan import attack, refused

DIRECTOR, ALTERNATE, REVIEWER = "Khalid Al-Otaibi", "Mona Al-Shehri", "Saad Al-Mutairi"
STRANGER = "Abdulrahman Al-Yami"
EVIL = "evil.example"
#: Addresses that some reader of URLs takes for another host's, or for a script.
ELSEWHERE = (
    f"https://{EVIL}", f"//{EVIL}", f"///{EVIL}", f"////{EVIL}", f"/\\{EVIL}", f"\\\\{EVIL}", f"\\/{EVIL}",
    f"/%09/{EVIL}", f"/\t/{EVIL}", f"/\n/{EVIL}", f"/%0d%0a//{EVIL}", f"http:{EVIL}", f"https:/{EVIL}",
    f"https:///{EVIL}", f"//{EVIL}%2f..", f"/.//{EVIL}", f"//localhost@{EVIL}", f"https://localhost@{EVIL}",
    f"https://localhost.{EVIL}", f"//{EVIL}#localhost", f"//{EVIL}?localhost", f"javascript://{EVIL}/%0aalert(1)",
    "javascript:alert(1)", "data:text/html,<script>alert(1)</script>", f"//{EVIL}\\@localhost", f"/%5c{EVIL}",
    "//%65vil.example", f"〱{EVIL}", f"//{EVIL}:80", f"HtTpS://{EVIL}", f"/ /{EVIL}", f"//\u3002{EVIL}",
)  # fmt: skip
#: What differs between any two visits: the reference number, the form's token, the clock, the page's own address.
OF_THIS_VISIT = r'\b[A-HJ-NP-Z2-9]{8}\b|\b\w{64}\b|server-time" content="[^"]*"|href="[^"]*callback/[^"]*"'


def _callback(house: House, browser: Browser, name: str) -> str:
    """The address at which Nafath sends the browser back, code and state in it, not yet called."""
    asked = browser.press(house.at_nafath(browser), "", national_id=house.number(name))
    target, hidden = form_of(asked, "")
    answer = browser.post(target, data={**hidden, "code": house.code_of(name)}, allow_redirects=False)
    while "/accounts/nafath/callback/" not in answer.headers["Location"]:
        answer = browser.get(requests.compat.urljoin(answer.url, answer.headers["Location"]), allow_redirects=False)
    return answer.headers["Location"]


@attack("The address that Nafath sends back to, called a second time from elsewhere")
def code_replayed(house: House) -> str:
    with Browser() as victim, Browser() as thief:
        address = _callback(house, victim, DIRECTOR)
        victim.get(address)
        again = thief.get(address)
        refused(not house.is_in(thief), unless="the thief is signed in as the victim")
        refused(again.status_code == 400, unless=f"the answer was {again.status_code}")
        return f"{again.status_code}, nobody signed in"


@attack("A second browser finishes the sign-in that another has begun")
def state_of_another_browser(house: House) -> str:
    with Browser() as victim, Browser() as thief:
        answer = thief.get(_callback(house, victim, DIRECTOR))
        refused(not house.is_in(thief), unless="the thief is signed in as the victim")
        return f"{answer.status_code}, nobody signed in"


@attack("A victim is sent the attacker's own way back, to be signed in as the attacker")
def sign_in_of_the_attacker(house: House) -> str:
    with Browser() as victim, Browser() as attacker:
        house.at_nafath(victim)
        answer = victim.get(_callback(house, attacker, ALTERNATE))
        refused(not house.is_in(victim), unless="the victim acts as the attacker")
        return f"{answer.status_code}, the victim is not signed in"


@attack("The state of one sign-in with the code of another")
def mixed_code_and_state(house: House) -> str:
    with Browser() as browser, Browser() as other:
        mine, theirs = (urlsplit(_callback(house, each, DIRECTOR)) for each in (browser, other))
        state, code = parse_qs(mine.query)["state"][0], parse_qs(theirs.query)["code"][0]
        answer = browser.get(f"{house.origin}{mine.path}", params={"state": state, "code": code})
        refused(not house.is_in(browser), unless="another's code opened the session")
        return f"{answer.status_code}, the code was not this browser's"


@attack("?auth_params, ?scope, ?process, ?action on the button of the sign-in page")
def bent_button(house: House) -> str:
    with Browser() as browser:
        wanted = house.at_nafath(browser, "auth_params=prompt%3Dnone,acr_values%3D0&scope=openid+admin&process=connect")
        told = str([each.url for each in [*wanted.history, wanted] if each.url.startswith(house.simulator)])
        refused("client_id=portal" in told, unless="nothing reached Nafath at all")
        for word in ("prompt", "acr_values", "admin", "connect"):
            refused(word not in told, unless=f"{word} reached Nafath")
        return "none of it reached Nafath"


@attack("Somebody signed in tries to connect a second identity to her account")
def connect_an_identity(house: House) -> str:
    with house.enter(DIRECTOR) as browser:
        before = house.ask("SELECT user_id, uid FROM socialaccount_socialaccount ORDER BY 1, 2")
        for path in ("/accounts/3rdparty/", "/accounts/social/connections/", "/accounts/nafath/login/?process=connect"):
            refused(browser.get(house.origin + path).status_code == 404, unless=f"{path} answers")
        answer = house.at_nafath(browser, "process=connect")
        if 'name="national_id"' in answer.text:
            house.prove(browser, ALTERNATE, answer)
        after = set(house.ask("SELECT user_id, uid FROM socialaccount_socialaccount"))
        owners = [user for user, _uid in after]
        refused(len(owners) == len(set(owners)) and set(before) <= after, unless="an account has two identities")
        return "each person keeps one identity"


@attack(f"{len(ELSEWHERE)} addresses of another host as ?next=")
def leads_elsewhere(house: House) -> str:
    with house.enter(DIRECTOR) as browser:
        for address in ELSEWHERE:
            answer = browser.get(f"{house.origin}/accounts/sign-in/?next={quote(address)}", allow_redirects=False)
            _stays(house, answer, address)
            page = browser.get(f"{house.origin}/accounts/sessions/")
            token = form_of(page, "/accounts/sign-out/")[1]["csrfmiddlewaretoken"]
            data = {"csrfmiddlewaretoken": token, "language": "ar", "next": address}
            answer = browser.post(
                f"{house.origin}/accounts/language/", data=data, headers={"Referer": page.url}, allow_redirects=False
            )
            _stays(house, answer, address)
    return "all lead to this portal, or nowhere"


def _stays(house: House, answer: requests.Response, address: str) -> None:
    to = answer.headers.get("Location", "")
    path = to.removeprefix(house.origin)
    refused(
        answer.status_code < 500 and (not to or (path.startswith("/") and not re.match(r"/[/\\\s]", path))),
        unless=f"{address!r} led to {to!r} ({answer.status_code})",
    )


@attack("The refusals of a stranger, of one suspended, of one whose access ended, of a closed entity: told apart?")
def refusals_told_apart(house: House) -> str:
    pages = {}
    for name, persona in house.personas.items():
        if persona["state"] in ("ok", ""):
            continue
        with Browser() as browser:
            page = house.prove(browser, name)
            refused(page.status_code == 403 and not house.is_in(browser), unless=f"{persona['state']} entered")
            pages[persona["state"]] = re.sub(OF_THIS_VISIT, "•", page.text)
    refused(len(pages) > 2, unless=f"only {sorted(pages)} could be tried")
    refused(len(set(pages.values())) == 1, unless="the pages differ")
    return f"{len(pages)} reasons, one page, letter by letter"


@attack("A session's key planted before the sign-in")
def planted_session(house: House) -> str:
    with Browser() as browser:
        house.at_nafath(browser)
        planted = browser.cookies.get("session") or browser.cookies.get("sessionid")
        house.enter(DIRECTOR, browser)
        with Browser() as thief:
            for name in ("session", "sessionid"):
                thief.cookies.set(name, planted)
            refused(planted and not house.is_in(thief), unless="the key planted before opens the session")
    return "the key changed at the sign-in"


@attack("A national ID in an address, in a page, in an answer's headers")
def number_in_an_address(house: House) -> str:
    with Browser() as browser:
        page = house.prove(browser, DIRECTOR)
        seen = [each for each in [*page.history, page] if urlsplit(each.url).port == urlsplit(house.origin).port]
        for each in seen:
            number = house.number(DIRECTOR)
            refused(number not in each.url + str(each.headers) + each.text, unless=f"{urlsplit(each.url).path} has it")
    return f"{len(seen)} answers of the portal on the way in, none holds it"


@attack("The code door while Nafath answers")
def code_while_nafath_answers(house: House) -> str:
    with Browser() as browser:
        page = browser.get(f"{house.origin}/accounts/sign-in/")
        hidden = form_of(page, "/accounts/nafath/start/")[1]
        for path, said in (
            ("/accounts/code/", {"national_id": house.number(DIRECTOR)}),
            ("/accounts/code/enter/", {"code": "123456"}),
        ):
            refused(browser.get(house.origin + path).status_code == 403, unless=f"{path} opens")
            answer = browser.post(house.origin + path, data={**hidden, **said}, headers={"Referer": page.url})
            refused(answer.status_code == 403, unless=f"POST {path}: {answer.status_code}")
        refused(not house.ask("SELECT 1 FROM nafath_auth_doorcode"), unless="a code was made")
        refused(not house.is_in(browser), unless="it opened a session")
    return "403, and no code was made"
