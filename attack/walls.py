"""Over the wall between entities, and round what guards a form: CSRF, Host, X-Forwarded-For."""

from __future__ import annotations

import re
import uuid
from itertools import product
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
from django.urls import reverse

from attack.browser import Browser, form_of
from attack.doors import DIRECTOR, EVIL, REVIEWER
from attack.foreign import (
    NEIGHBOUR,
    NOBODYS,
    VICTIM,
    Foreign,
    addresses,
    arguments,
    foreign_of,
    of_somebody,
    patterns,
    token_of,
)
from attack.house import House
from attack.plan import attack, refused

ADMIN, AUDITOR = "Hind Al-Subaie", "Abdullah Al-Zahrani"
#: Director, IT leader, alternate, member and head contact of another entity.
STRANGERS = ("Latifa Al-Rashid", "Majed Al-Shammari", "Yousef Al-Balawi", "Amal Al-Juhani", "Bandar Al-Ajmi")
STRANGER = STRANGERS[0]
HTMX, NOBODY = {"HX-Request": "true"}, uuid.UUID(int=8)
#: A link that opens a screen asks once before it looks whether it opens one.
ASKS_FIRST = {("GET", "wall_open")}
#: Their proof is another: Nafath's signature, or the token of a mail.
WITHOUT_TOKEN = {
    "nafath_push_callback", "nafath_form", "nafath_single_sign_out", "sms_receipt", "unsubscribe", "outside_confirm",
    "outside_leave",
}  # fmt: skip
OF_THE_DESK = ("/admin/logout/", "/admin/entities/user/add/", "/admin/entities/entity/add/", "/admin/incidents/policy/")
FORGED: tuple[dict[str, str], ...] = ({"Origin": f"https://{EVIL}", "Referer": f"https://{EVIL}/"}, {})
#: They end a session or begin another one.
OF_HER_SESSION = {"sign_out", "end_session", "nafath_start", "nafath_single_sign_out", "choose_entity"}
#: What nobody has, by the argument that would name it; of any other one a number that is not given yet.
NOWHERE = {
    "reference": "OUT-2026-999998", "incident": "INC-2026-999998", "entity_code": "nobody", "slug": "own-outage",
    "role": "director", "token": "B" * 43,
    **dict.fromkeys(("key", "attachment", "delivery", "outside", "transaction"), NOBODY),
}  # fmt: skip
#: Tables that the portal's own tasks, a sign-in or a reading write at any time.
WRITTEN_MEANWHILE = {
    "entities_auditevent", "entities_breaker", "entities_chainhead", "entities_notice", "entities_session",
    "entities_user", "incidents_clock", "incidents_draft", "incidents_incident", "incidents_readmark",
    "incidents_report", "incidents_reportevent", "incidents_silentoutage", "incidents_silentoutagereport",
    "notifications_delivery", "notifications_reconciled", "socialaccount_socialaccount",
}  # fmt: skip


@attack("Every address of somebody's, with a foreign id, as every role: page, partial, form")
def foreign_ids(house: House) -> str:
    foreign, tried, theirs = foreign_of(house), 0, of_somebody()
    wanted = [(what, path) for what, path in addresses(house, foreign) if what in theirs]
    once = list(dict(wanted).items())  # a running report and a closed one are tried by the first of them
    before = _state(house, foreign)
    for name in STRANGERS:
        with house.enter(name) as browser:
            token = token_of(house, browser)
            for what, path in wanted if name == STRANGER else once:
                a_deed = False  # and so no part of it either
                for method, headers in (("GET", {}), ("GET", HTMX), ("POST", {})):
                    if a_deed and headers:
                        continue
                    answer = _call(house, browser, method, path, headers, token)
                    a_deed, tried = answer.status_code == 405, tried + 1
                    refused(
                        answer.status_code in (403, 404, 405) or (method, what) in ASKS_FIRST,
                        unless=f"{method} {what} as {name}: {answer.status_code}",
                    )
                    shown = [words for words in foreign.words if words in answer.text]
                    refused(not shown, unless=f"{what} shows {name} another entity's words")
    _unwritten(house, foreign, before)
    return f"{tried} calls by {len(STRANGERS)} people to {len(theirs)} addresses: 403, 404 or 405, and nothing written"


@attack("What is one's own named together with what is another's, at every address that takes two things")
def mixed_ids(house: House) -> str:
    foreign, tried = foreign_of(house), 0
    with house.enter(STRANGER) as browser:
        own, token = _own(house, browser), token_of(house, browser)
        before = _state(house, foreign)
        whole = reverse("attachment_download", kwargs={name: own[name] for name in ("reference", "attachment")})
        refused(browser.get(house.origin + whole).ok, unless="she does not get her own file: nothing was tried")
        for pattern in patterns():
            things = sorted(arguments(pattern) & set(foreign.values) - NOBODYS)
            for whose in product((own, foreign.values), repeat=len(things)):
                mixed = any(each is own for each in whose) and any(each is not own for each in whose)
                if not mixed or not all(name in each for name, each in zip(things, whose, strict=True)):
                    continue
                named = {name: each[name] for name, each in zip(things, whose, strict=True)}
                named |= {name: foreign.values[name] for name in arguments(pattern) & NOBODYS}
                for method in ("GET", "POST"):
                    path = reverse(str(pattern.name), kwargs=named)
                    status = _call(house, browser, method, path, {}, token).status_code
                    tried += 1
                    refused(status in (403, 404, 405), unless=f"{method} {pattern.name} {named}: {status}")
    _unwritten(house, foreign, before)
    return f"{tried} mixtures, none answered"


@attack("An auditor, who sees everything, posts to every address")
def looks_only(house: House) -> str:
    foreign, tried = foreign_of(house), 0
    wanted = [
        *addresses(house, foreign),
        *((str(p.name), reverse(str(p.name))) for p in patterns() if not arguments(p)),
    ]
    before = _state(house, foreign)
    with house.enter(AUDITOR) as browser:
        token = token_of(house, browser)
        for what, path in wanted:
            if what in OF_HER_SESSION:
                continue
            answer = _call(house, browser, "POST", path, {}, token)
            tried += 1
            refused(answer.status_code < 500, unless=f"POST {what}: {answer.status_code}")
        refused(house.is_in(browser), unless="her session ended on the way: too little was tried")
    _unwritten(house, foreign, before)
    return f"{tried} posts, not one row of anybody's written"


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
    foreign, pages = foreign_of(house), 0
    # whoever reported a service's outage is told the number of its owner's report, and no more of it
    answered = {told for (told,) in house.ask("SELECT data ->> 'owner_reference' FROM incidents_reportevent")}
    hidden = {f">{each}<" for each in (foreign.reference, foreign.closed) if each not in answered}
    with house.enter(STRANGER) as browser:
        for path in ("/", "/reports/", "/inbox/", "/services/", "/team/"):
            for query in ("", f"?q={foreign.reference}", f"?entity={VICTIM}", f"?page=2&q={foreign.closed}"):
                text = browser.get(house.origin + path + query).text
                pages += 1
                for words in (*hidden, *foreign.words):
                    refused(words not in text, unless=f"{path}{query} shows {words}")
        for pattern in patterns():
            if not arguments(pattern):
                answer = _call(house, browser, "GET", reverse(str(pattern.name)), {}, "")
                pages += 1
                shown = [words for words in foreign.words if words in answer.text]
                refused(not shown, unless=f"{pattern.name} shows {shown}")
        for path in ("/board/", "/audit/", "/audit/export/", "/admin/"):
            status = browser.get(house.origin + path).status_code
            refused(status in (403, 404), unless=f"{path} answers {status} to a director")
    return f"{pages} pages, no word of theirs"


@attack("References, keys and codes counted through at every address, to learn which exist")
def enumeration(house: House) -> str:
    foreign, theirs, told = foreign_of(house), of_somebody(), 0
    with house.enter(STRANGER) as browser:
        token = token_of(house, browser)
        for pattern in patterns():
            if str(pattern.name) not in theirs:
                continue
            there = {name: foreign.values[name] for name in arguments(pattern)}
            nowhere = {name: NOWHERE.get(name, 99_999_999) for name in there}
            for method in ("GET", "POST"):
                pages = [
                    _masked(_call(house, browser, method, reverse(str(pattern.name), kwargs=each), {}, token), each)
                    for each in (there, nowhere)
                ]
                told += 1
                refused(pages[0] == pages[1], unless=f"{method} {pattern.name} tells them apart: {pages}"[:2000])
    return f"{told} pairs: what is another's and what is nowhere get the same page"


@attack("Every form sent from another site, without its token")
def forged_forms(house: House) -> str:
    tried, filled = 0, dict(addresses(house))
    paths = {str(each.name): filled.get(str(each.name)) or reverse(str(each.name)) for each in patterns()}
    paths |= {path: path for path in OF_THE_DESK}
    for name in (DIRECTOR, REVIEWER, ADMIN):
        with house.enter(name) as browser:
            for what, path in paths.items():
                if what in WITHOUT_TOKEN:
                    continue
                for headers in FORGED if name == DIRECTOR else FORGED[:1]:
                    answer = browser.post(house.origin + path, data={"x": "1"}, headers=headers)
                    tried += 1
                    refused(answer.status_code in (403, 405), unless=f"POST {what} as {name}: {answer.status_code}")
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


def _call(house: House, browser: Browser, method: str, path: str, headers: dict[str, str], token: str) -> Any:
    """Its answer, which never leads to another host, whatever the form says comes next."""
    sent = {"csrfmiddlewaretoken": token, "version": "1", "seen": "closed", "note": "x", "next": f"//{EVIL}/"}
    headers, data = {**headers, "Referer": house.origin + "/"}, sent if method == "POST" else None
    answer = browser.request(method, house.origin + path, data=data, headers=headers, allow_redirects=False)
    leads = [answer.headers.get(name, "") for name in ("Location", "HX-Redirect", "HX-Location", "Refresh")]
    refused(not any(EVIL in each for each in leads), unless=f"{method} {path} leads to {leads}")
    return answer


def _state(house: House, foreign: Foreign) -> list[tuple[Any, ...]]:
    """What must not change under a stranger's hands: the victim's reports, and each table that no machine writes."""
    kept = house.ask(
        "SELECT r.id, r.version, r.event_count, r.head_hash, r.status, (SELECT count(*) FROM incidents_attachment a "
        "WHERE a.report_id = r.id) FROM incidents_report r WHERE r.reference = %s",
        foreign.closed,
    )
    for table in sorted(set(house.tables()) - WRITTEN_MEANWHILE):
        [(rows,)] = house.ask(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t")
        kept.append((table, rows))
    return kept


def _unwritten(house: House, foreign: Foreign, before: list[tuple[Any, ...]]) -> None:
    changed = [now[0] for was, now in zip(before, _state(house, foreign), strict=True) if was != now]
    refused(not changed, unless=f"rows were written: {changed}")


def _own(house: House, browser: Browser) -> dict[str, Any]:
    """What the stranger has herself, a file on her own report among it."""
    mine = f"JOIN entities_entity e ON e.id = r.entity_id WHERE e.code = '{NEIGHBOUR}'"
    [(reference,)] = house.ask(f"SELECT max(r.reference) FROM incidents_report r {mine} AND r.status = 'ACTIVE'")
    target, hidden = form_of(browser.get(f"{house.origin}/reports/{reference}/"), "/files/")
    file = {"file": ("own.txt", b"her own", "text/plain")}
    browser.post(target, data=hidden, files=file, headers={"Referer": target})
    [(attachment,)] = house.ask(
        "SELECT a.id FROM incidents_attachment a JOIN incidents_report r ON r.id = a.report_id "
        "WHERE r.reference = %s ORDER BY a.id LIMIT 1",
        reference,
    )
    [(membership,)] = house.ask(f"SELECT max(r.id) FROM entities_membership r {mine} AND r.status = 'ACTIVE'")
    return {"reference": reference, "attachment": attachment, "membership": membership, "entity_code": NEIGHBOUR}


def _masked(answer: Any, named: dict[str, Any]) -> tuple[int, str]:
    """An answer without its address, its form's token and the clock."""
    text = re.sub(r"server-time\" content=\"[^\"]*|\b\w{64}\b", "•", answer.text)
    path = urlsplit(answer.url).path
    for value in (path, quote(path, safe=""), *(str(each) for each in named.values() if len(str(each)) > 5)):
        text = text.replace(value, "•")
    return answer.status_code, text
