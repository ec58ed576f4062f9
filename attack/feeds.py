"""Addresses that open something to whoever holds them: a calendar feed, a screen's wall, the way out of a mail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product

from attack.browser import Browser
from attack.doors import DIRECTOR
from attack.foreign import LEAD, NEIGHBOUR, UNLINKED, VICTIM, token_of
from attack.house import House
from attack.plan import attack, refused
from attack.walls import STRANGER

#: A name that would begin a line, an entry, an alarm of its own in a calendar.
BREAKS_OUT = "Portal\r\nX-EVIL:1\r\nEND:VEVENT\r\nBEGIN:VALARM\nATTACH:x\r<script>alert(1)</script>"
SHOWN = "wall__tiles"
#: What a usable membership needs, as SQL that takes it away and gives it back.
ENDS = {
    "her membership has ended": ("entities_membership", "status = 'ENDED'", "status = 'ACTIVE'", "user_id = {user}"),
    "she is not active": ("entities_user", "is_active = false", "is_active = true", "id = {user}"),
    "her entity is closed": ("entities_entity", "is_active = false", "is_active = true", "code = '{entity}'"),
}


@attack("The private address of a calendar: guessed, bent, replaced, revoked, and kept after its owner has left")
def feed_of_another(house: House) -> str:
    with house.enter(STRANGER) as owner, Browser() as thief:
        old, good = _feed(house, owner), _feed(house, owner)
        refused(thief.get(good).ok, unless="the address itself opens nothing: nothing was tried")
        refused(not house.is_in(thief), unless="a calendar's address opened a session")
        [(digest,)] = house.ask("SELECT max(digest) FROM incidents_calendartoken")
        token = good.rpartition("/")[2].removesuffix(".ics")
        bent = [token[:-1], token + "A", token.swapcase(), token[::-1], digest, "", "%2e%2e", "' OR 1=1--", "A" * 5000]
        for address in (old, *(good.replace(token, each) for each in bent)):
            status = thief.get(address, allow_redirects=False).status_code
            refused(status in (404, 400, 414), unless=f"{address[-60:]} is answered {status}")
        for method in ("POST", "PUT", "DELETE"):
            refused(thief.request(method, good).status_code in (403, 405), unless=f"it takes a {method}")
        for why in ENDS:
            with _ended(house, why):
                refused(thief.get(good).status_code == 404, unless=f"it is answered though {why}")
        refused(thief.get(good).ok, unless="it is gone for good: what was ended was not what held it")
        data = {"csrfmiddlewaretoken": token_of(house, owner)}
        owner.post(f"{house.origin}/calendar/feeds/revoke/", data=data, headers={"Referer": house.origin + "/"})
        refused(thief.get(good).status_code == 404, unless="it is answered after it was revoked")
        statuses = [thief.get(good).status_code for _n in range(120)]
        refused(429 in statuses, unless="one address may guess as long as it likes")
    return f"404 for {len(bent) + len(ENDS) + 2} of them, and 429 after {statuses.index(429)} more"


@attack("Another entity's windows asked of one's own calendar feed, and a name that would begin a line of its own")
def feed_bent(house: House) -> str:
    unlinked = UNLINKED.replace("{of}", f"JOIN entities_entity e ON e.id = r.entity_id WHERE e.code = '{VICTIM}'")
    theirs = [
        reference
        for (reference,) in house.ask(
            "SELECT r.reference FROM incidents_report r JOIN entities_entity e ON e.id = r.entity_id WHERE e.code = %s "
            f"AND r.kind = 'MNT' AND r.main_service_id IN ({unlinked})",
            VICTIM,
        )
    ]
    [(service,)] = house.ask(f"{unlinked} LIMIT 1")
    with house.enter(STRANGER) as owner, house.enter(DIRECTOR) as director, Browser() as program:
        address, hers = _feed(house, owner), _feed(house, director)
        for query in ("", f"?entity={VICTIM}", f"?service={service}", "?sector=1&tier=0", "?mine=off&entity="):
            text = _unfolded(program.get(address + query).text)
            found = [reference for reference in theirs if reference in text]
            refused(not found, unless=f"{query} shows {found}")
        of_hers = f"entity_id = (SELECT id FROM entities_entity WHERE code = '{VICTIM}')"
        was = house.ask(f"SELECT id, name_ar, name_en FROM entities_digitalservice WHERE {of_hers}")
        house.ask(
            f"UPDATE entities_digitalservice SET name_ar = %s, name_en = %s WHERE {of_hers} RETURNING 1",
            BREAKS_OUT,
            BREAKS_OUT,
        )
        answers = [program.get(hers), program.get(hers.replace("/calendar/feed", "/en/calendar/feed"))]
        for key, arabic, english in was:
            sql = "UPDATE entities_digitalservice SET name_ar = %s, name_en = %s WHERE id = %s RETURNING 1"
            house.ask(sql, arabic, english, key)
    for answer in answers:
        refused("X-EVIL" in answer.text, unless="the name is not in the feed: nothing was tried")
        lines = re.split(r"\r\n|\n|\r", _unfolded(answer.text))
        out = [line for line in lines if line.startswith(("X-EVIL", "BEGIN:VALARM", "ATTACH"))]
        refused(not out, unless=f"lines of their own: {out}")
        refused(answer.headers["X-Content-Type-Options"] == "nosniff", unless="a browser may take it for a page")
        refused(answer.headers["Content-Type"].startswith("text/calendar"), unless="it is called a page")
    return f"none of {len(theirs)} windows, and no line of its own"


@attack("A screen's link used twice, its key forged, and both after the screen was revoked")
def wall_of_another(house: House) -> str:
    with house.enter(LEAD) as lead, Browser() as screen, Browser() as thief:
        token = token_of(house, lead)

        def told(path: str, **fields: str) -> str:
            data = {"csrfmiddlewaretoken": token, **fields}
            return lead.post(house.origin + path, data=data, headers={"Referer": house.origin + "/"}).text

        link = re.search(r"/wall/open/[\w-]{20,}/", told("/wall/screens/", name="Attacked"))
        [(number,)] = house.ask("SELECT max(id) FROM incidents_wallscreen")
        refused(link, unless="no link was shown: nothing was tried")
        address = house.origin + (link[0] if link else "")
        screen.press(screen.get(address), "/wall/open/")
        refused(SHOWN in screen.get(f"{house.origin}/wall/").text, unless="the screen is dark: nothing was tried")
        again = thief.press(thief.get(address), "/wall/open/")
        refused(again.status_code == 404, unless=f"its link was taken a second time: {again.status_code}")
        [(digest,)] = house.ask("SELECT key_digest FROM incidents_wallscreen WHERE id = %s", number)
        for key in (digest, "", link[0].split("/")[3] if link else "", "A" * 43):
            thief.cookies.set("wall", key)
            _dark(house, thief, f"the key {key[:6]}… shows the wall")
        refused(not house.is_in(screen), unless="the device has a session")
        told(f"/wall/screens/{number}/revoke/")
        _dark(house, screen, "it shows the wall after it was revoked")
    return "one device, once, and dark afterwards"


@attack("The ways out of a mail, and an address confirmed, with a token that was bent")
def bent_way_out(house: House) -> str:
    with Browser() as thief:
        tokens = ("A" * 43, "1:1:AAAA", "eyJ1IjoxfQ:1tAAAA:AAAAAAAA", "%2e%2e", "x" * 3000)
        for way, token in product(("inbox/unsubscribe", "outside/confirm", "outside/leave"), tokens):
            for answer in (
                thief.get(f"{house.origin}/{way}/{token}/"),
                thief.post(f"{house.origin}/{way}/{token}/", data={"List-Unsubscribe": "One-Click"}),
            ):
                refused(answer.status_code in (404, 400, 414), unless=f"{token[:20]}: {answer.status_code}")
    return "404, and nobody's messages changed"


# --- What they need -----------------------------------------------------------------------------------------------


def _feed(house: House, owner: Browser) -> str:
    """A new private address of hers."""
    page = owner.get(f"{house.origin}/calendar/feeds/")
    made = owner.press(page, "/calendar/feeds/")
    found = re.search(r"https?://[^\"\s<]+/calendar/feed/[\w-]+\.ics", made.text)
    refused(found, unless="no address was made: nothing was tried")
    return found[0] if found else ""


@contextmanager
def _ended(house: House, why: str) -> Iterator[None]:
    """The stranger without one of the things that her membership needs, until the end of the block."""
    table, taken, given, whose = ENDS[why]
    [(user,)] = house.ask("SELECT id FROM entities_user WHERE name_en = %s", STRANGER)
    rows = whose.format(user=user, entity=NEIGHBOUR)
    house.ask(f"UPDATE {table} SET {taken} WHERE {rows} RETURNING 1")
    try:
        yield
    finally:
        house.ask(f"UPDATE {table} SET {given} WHERE {rows} RETURNING 1")


def _unfolded(text: str) -> str:
    return text.replace("\r\n ", "")


def _dark(house: House, browser: Browser, what: str) -> None:
    for path in ("/wall/", "/wall/changes/"):
        refused(SHOWN not in browser.get(house.origin + path).text, unless=what)
