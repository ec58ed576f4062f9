"""Over the wall between entities, and round what guards a form: CSRF, Host, X-Forwarded-For."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from attack.browser import Browser, form_of
from attack.doors import DIRECTOR, EVIL, REVIEWER
from attack.house import House
from attack.plan import attack, refused

ADMIN = "Hind Al-Subaie"
VICTIM = "demo-a"
#: Director, IT leader, member and head contact of another entity.
STRANGERS = ("Latifa Al-Rashid", "Majed Al-Shammari", "Amal Al-Juhani", "Bandar Al-Ajmi")
STRANGER = STRANGERS[0]
HTMX = {"HX-Request": "true"}


@dataclass(frozen=True)
class Foreign:
    """What belongs to another entity, by the names that URLs use."""

    reference: str
    closed: str
    attachment: object
    draft: object
    delivery: object
    membership: int
    shift: int  # the authority's
    incident: str  # over the victim's reports
    entity_code: str
    words: tuple[str, ...]


def _foreign(house: House) -> Foreign:
    """The victim's running own outage, a closed one, and what hangs on them. Raises LookupError."""
    own = "SELECT r.reference FROM incidents_report r {of} AND r.kind = 'OUT' AND r.status = '{status}'"
    on_member = "JOIN entities_membership m ON m.id = d.membership_id JOIN entities_entity e ON e.id = m.entity_id"
    on_report = "JOIN incidents_report r ON r.id = a.report_id JOIN entities_entity e ON e.id = r.entity_id"

    def first(sql: str) -> Any:
        of = "JOIN entities_entity e ON e.id = {table}.entity_id WHERE e.code = %s"
        sql = sql.replace("{of}", of.replace("{table}", "r"))
        found = house.ask(f"{sql} LIMIT 1", VICTIM)
        if not found:
            raise LookupError(f"The house has nothing to try this on: {sql}")
        return found[0][0]

    reference = first(own.replace("{status}", "ACTIVE"))
    if not house.ask(f"SELECT 1 FROM incidents_attachment a {on_report} WHERE e.code = %s", VICTIM):
        _attach(house, reference)
    [(shift,)] = house.ask("SELECT max(id) FROM incidents_dutyshift")
    [(incident,)] = house.ask("SELECT max(reference) FROM incidents_incident")
    [(words,)] = house.ask(
        "SELECT array_agg(r.summary) FROM incidents_report r JOIN entities_entity e ON e.id = r.entity_id "
        "WHERE e.code = %s AND r.kind = 'OUT' AND length(r.summary) > 20",
        VICTIM,
    )
    return Foreign(
        reference=reference,
        closed=first(own.replace("{status}", "CLOSED")),
        attachment=first(f"SELECT a.id FROM incidents_attachment a {on_report} WHERE e.code = %s"),
        draft=first("SELECT r.key FROM incidents_draft r {of}"),
        delivery=first(f"SELECT d.id FROM notifications_delivery d {on_member} WHERE e.code = %s"),
        membership=first("SELECT r.id FROM entities_membership r {of}"),
        shift=shift or 0,
        incident=incident or "INC-2026-000001",
        entity_code=VICTIM,
        words=tuple(words or ()),
    )


def _ours(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        elif pattern.namespace != "admin":
            yield from _ours(pattern)


def addresses(house: House, foreign: Foreign | None = None) -> Iterator[tuple[str, str]]:
    """Every URL that names something of somebody's, filled with what is the victim's."""
    foreign = foreign or _foreign(house)
    values = {
        "reference": foreign.closed,
        "key": foreign.draft,
        "attachment": foreign.attachment,
        "delivery": foreign.delivery,
        "membership": foreign.membership,
        "shift": foreign.shift,
        "incident": foreign.incident,
        "number": 1,
        "entity_code": foreign.entity_code,
    }
    for pattern in _ours():
        wanted = list(pattern.pattern.regex.groupindex)
        if wanted and set(wanted) <= set(values):
            for reference in {foreign.reference, foreign.closed} if "reference" in wanted else {""}:
                filled = {name: values[name] for name in wanted} | ({"reference": reference} if reference else {})
                yield str(pattern.name), reverse(str(pattern.name), kwargs=filled)


@attack("Every address of somebody's, with a foreign id, as every role: page, partial, form")
def foreign_ids(house: House) -> str:
    foreign, tried = _foreign(house), 0
    before = _state(house, foreign)
    for name in STRANGERS:
        with house.enter(name) as browser:
            token = _token(house, browser)
            for what, path in addresses(house, foreign):
                for method, headers in (("GET", {}), ("GET", HTMX), ("POST", {})):
                    answer = _call(house, browser, method, path, headers, token)
                    tried += 1
                    refused(
                        answer.status_code in (403, 404, 405), unless=f"{method} {what} as {name}: {answer.status_code}"
                    )
                    shown = [words for words in foreign.words if words in answer.text]
                    refused(not shown, unless=f"{what} shows {name} another entity's words")
    refused(_state(house, foreign) == before, unless="a stranger has written something")
    return f"{tried} calls by {len(STRANGERS)} people: 403, 404 or 405, and nothing written"


@attack("A file of one's own report under a foreign reference, and the other way round")
def mixed_ids(house: House) -> str:
    foreign = _foreign(house)
    own = house.ask(
        "SELECT r.reference, a.id FROM incidents_report r JOIN entities_entity e ON e.id = r.entity_id "
        "LEFT JOIN incidents_attachment a ON a.report_id = r.id WHERE e.code = 'demo-b' ORDER BY a.id LIMIT 1"
    )
    [(reference, attachment)] = own
    pairs = [(foreign.reference, attachment or foreign.attachment), (reference, foreign.attachment)]
    tried = 0
    with house.enter(STRANGER) as browser:
        token = _token(house, browser)
        for pattern in _ours():
            if set(pattern.pattern.regex.groupindex) != {"reference", "attachment"}:
                continue
            for one, other in pairs:
                path = reverse(str(pattern.name), kwargs={"reference": one, "attachment": other})
                for method in ("GET", "POST"):
                    status = _call(house, browser, method, path, {}, token).status_code
                    tried += 1
                    refused(status in (403, 404, 405), unless=f"{method} {pattern.name}: {status}")
    return f"{tried} mixtures, none answered" if tried else "no address takes a file together with its report"


@attack("The portal's own database role, asked for everybody's rows without saying for whom")
def rows_for_nobody(house: House) -> str:
    with psycopg.connect(house.own_address, autocommit=True) as portal:
        past = portal.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").fetchone()
        refused(past == (False,), unless="the portal works under a role that no lock holds")
        locked = portal.execute("SELECT relname::text FROM pg_class WHERE relforcerowsecurity").fetchall()
        refused(locked, unless="no table is locked")
        for (table,) in locked:
            seen = portal.execute(f'SELECT count(*) FROM "{table}"'.encode()).fetchone()
            refused(seen == (0,), unless=f"{table} shows {seen} rows to nobody")
    return f"{len(locked)} tables under a lock, not one row"


@attack("Exports, lists, searches and the inbox, asked for another entity's words")
def searched_for(house: House) -> str:
    foreign, pages = _foreign(house), 0
    with house.enter(STRANGER) as browser:
        for path in ("/", "/reports/", "/inbox/", "/services/", "/team/"):
            for query in ("", f"?q={foreign.reference}", f"?entity={VICTIM}", f"?page=2&q={foreign.closed}"):
                text = browser.get(house.origin + path + query).text
                pages += 1
                for words in (f">{foreign.reference}<", f">{foreign.closed}<", *foreign.words):
                    refused(words not in text, unless=f"{path}{query} shows {words}")
        for path in ("/board/", "/audit/", "/audit/export/", "/admin/"):
            status = browser.get(house.origin + path).status_code
            refused(status in (403, 404), unless=f"{path} answers {status} to a director")
    return f"{pages} pages, no word of theirs"


@attack("References, IDs and addresses counted through, to learn which exist")
def enumeration(house: House) -> str:
    foreign = _foreign(house)
    with house.enter(STRANGER) as browser:
        there, nowhere = (
            browser.get(f"{house.origin}/reports/{reference}/") for reference in (foreign.reference, "OUT-2026-999998")
        )
        refused(there.status_code == nowhere.status_code == 404, unless="one that exists answers otherwise")
        same = re.sub(r"OUT-\d{4}-\d{6}|server-time\" content=\"[^\"]*|\b\w{64}\b", "•", there.text)
        other = re.sub(r"OUT-\d{4}-\d{6}|server-time\" content=\"[^\"]*|\b\w{64}\b", "•", nowhere.text)
        refused(same == other, unless="the two pages differ")
    return "what exists and what does not get the same page"


@attack("Every form sent from another site, without its token")
def forged_forms(house: House) -> str:
    tried, own = 0, dict(addresses(house))
    for name in (DIRECTOR, REVIEWER, ADMIN):
        with house.enter(name) as browser:
            for pattern in _ours():
                takes_something = pattern.pattern.regex.groupindex
                path = own.get(str(pattern.name), "") if takes_something else reverse(str(pattern.name))
                if not path or getattr(pattern.callback, "csrf_exempt", False):
                    continue
                for headers in ({"Origin": f"https://{EVIL}", "Referer": f"https://{EVIL}/"}, {}):
                    answer = browser.post(house.origin + path, data={"x": "1"}, headers=headers)
                    tried += 1
                    refused(
                        answer.status_code in (403, 405), unless=f"POST {pattern.name} as {name}: {answer.status_code}"
                    )
            refused(house.is_in(browser), unless="a forged form has ended the session")
    return f"{tried} posts refused"


@attack("A forged Host and X-Forwarded-Host")
def forged_host(house: House) -> str:
    with Browser() as browser:
        for headers in ({"Host": EVIL}, {"X-Forwarded-Host": EVIL}, {"Forwarded": f"host={EVIL}"}):
            answer = browser.get(f"{house.origin}/accounts/sign-in/", headers=headers)
            refused(EVIL not in answer.text + str(answer.headers), unless=f"{headers} is believed")
            refused(answer.status_code in (200, 400), unless=f"{headers}: {answer.status_code}")
        wanted = house.at_nafath(browser).history
        refused(not any(EVIL in each.url for each in wanted), unless="it is sent to Nafath")
    return "400, or not believed"


@attack("A new X-Forwarded-For with every try, to escape the limit of sign-ins")
def forged_address(house: House) -> str:
    statuses = []
    with Browser() as browser:
        page = browser.get(f"{house.origin}/accounts/sign-in/")
        token = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        for number in range(25):
            answer = browser.post(
                f"{house.origin}/accounts/nafath/start/",
                data={"csrfmiddlewaretoken": token},
                headers={"X-Forwarded-For": f"203.0.113.{number}", "Referer": page.url},
                allow_redirects=False,
            )
            statuses.append(answer.status_code)
    refused(429 in statuses, unless="25 tries in a row were let through")
    return f"429 after {statuses.index(429)} tries"


# --- What they need -----------------------------------------------------------------------------------------------


def _attach(house: House, reference: str) -> None:
    """A file on the victim's report, so that there is one to reach for; its event tells the victim's team."""
    with house.enter(DIRECTOR) as browser:
        target, hidden = form_of(browser.get(f"{house.origin}/reports/{reference}/"), "/files/")
        file = {"file": ("record.txt", b"nobody else's", "text/plain")}
        browser.post(target, data=hidden, files=file, headers={"Referer": target})
    until = time.monotonic() + 30
    while not house.ask("SELECT 1 FROM notifications_delivery LIMIT 1") and time.monotonic() < until:
        time.sleep(0.5)


def _token(house: House, browser: Browser) -> str:
    page = browser.get(f"{house.origin}/accounts/sessions/")
    return page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]


def _call(house: House, browser: Browser, method: str, path: str, headers: dict[str, str], token: str) -> Any:
    sent = {"csrfmiddlewaretoken": token, "version": "1", "seen": "closed", "note": "x"} if method == "POST" else None
    headers = {**headers, "Referer": house.origin + "/"}
    return browser.request(method, house.origin + path, data=sent, headers=headers, allow_redirects=False)


def _state(house: House, foreign: Foreign) -> list[tuple[Any, ...]]:
    """What must not change under a stranger's hands."""
    return house.ask(
        "SELECT r.id, r.version, r.event_count, r.head_hash, r.status, (SELECT count(*) FROM incidents_attachment a "
        "WHERE a.report_id = r.id) FROM incidents_report r WHERE r.reference = %s",
        foreign.closed,
    ) + house.ask(
        "SELECT m.id, m.role, m.status, m.delegated FROM entities_membership m JOIN entities_entity e "
        "ON e.id = m.entity_id WHERE e.code = %s ORDER BY 1",
        VICTIM,
    )
