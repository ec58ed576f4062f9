"""The whole portal at once: hostile words in every form that anybody is shown, limits used up, files of every kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from urllib.parse import urljoin, urlsplit

import requests
from django.urls import reverse

from attack.browser import Browser
from attack.doors import DIRECTOR, REVIEWER
from attack.foreign import LEAD, VICTIM, addresses, arguments, foreign_of, patterns, token_of
from attack.forms import Form, forms_of, sent
from attack.house import House
from attack.plan import attack, refused
from attack.walls import ADMIN, AUDITOR, OF_HER_SESSION, STRANGER
from attack.words import HOSTILE, OVERRIDE, SCRIPT, named_hostile, numbers_written_down, runs

LEADER, ALTERNATE, FILER = "Fahad Al-Dosari", "Mona Al-Shehri", "Abeer Al-Qarni"
#: Whoever writes; an address that one of them is not let in to, another one is.
WRITERS = (DIRECTOR, LEADER, REVIEWER, LEAD, ADMIN)
READERS = (ALTERNATE, LEADER, LEAD, ADMIN, AUDITOR)
#: Forms that take from the house what the others need, sent last; and fields that search and keep nothing.
LAST, SEARCHES = ("withdraw", "retire", "replace", "merge", "discard", "cancel", "send-back", "final"), {"q", "search"}
WITHOUT_LANGUAGE = ("/healthz", "/readyz", "/metrics", "/integrations/")
SPREADSHEET = "spreadsheetml"


@attack("Hostile words in every text field of every form that five people of the house are shown", last=True)
def hostile_everywhere(house: House) -> str:
    named_hostile(house)
    paths = _paths(house)
    done: set[tuple[str, ...]] = set()
    pages = 0
    for name in WRITERS:
        with house.enter(name) as browser:
            for page, form in sorted(_forms(house, browser, paths), key=_how_late):
                fields = (_route(form.action or page.url), *sorted(set(form.texts) - SEARCHES))
                if fields not in done:
                    answer = sent(browser, page, urlsplit(form.action or page.url).path, HOSTILE)
                    _look(answer, f"the answer to {fields[0]} for {name}")
                    done.add(fields)
    for name in READERS:
        with house.enter(name) as browser:
            for path in paths:
                address = f"/en{path}" if name == LEAD and not path.startswith(WITHOUT_LANGUAGE) else path
                _look(browser.get(house.origin + address), f"{address} for {name}")
                pages += 1
    fields_tried = sum(len(each) - 1 for each in done)
    refused(fields_tried > 40, unless=f"only {fields_tried} fields were found: hardly anything was tried")
    kept = house.dump()
    refused("&lt;script" not in kept, unless="words are kept as what a page makes of them, and would be shown twice so")
    refused(OVERRIDE not in kept, unless="an override was kept")
    return f"{fields_tried} fields of {len(done)} forms; shown as words, or not kept, on {pages} pages"


@attack("Every limit used up by somebody who then files her first outage of a service")
def limits_before_a_filing(house: House) -> str:
    with house.enter(FILER) as browser:
        token, spent = token_of(house, browser), {}
        data = {"csrfmiddlewaretoken": token, "summary": "x"}
        for method, path in (("GET", "/services/search/"), ("POST", "/reports/new/own-outage/preview/")):
            for _n in range(700):  # a window of the count may end meanwhile
                answer = browser.request(
                    method, house.origin + path, params={"q": "x"}, data=data, headers={"Referer": house.origin + "/"}
                )
                spent[path] = answer.status_code
                if answer.status_code == 429:
                    break
        refused(set(spent.values()) == {429}, unless=f"no limit was met, nothing was tried: {spent}")
        page = browser.get(f"{house.origin}/reports/new/own-outage/")
        plain = {"confirmed": "1", "cyber_suspected": "no", "impact_level": "minor"}
        receipt = sent(browser, page, "/reports/new/own-outage/", "The portal does not open", **plain)
        refused("/receipt/" in receipt.url, unless=f"she could not file: {receipt.status_code} at {receipt.url}")
    return f"429 for {len(spent)} of them, and the report was taken"


@attack("Another's draft and report named in a form or a query, where no address names them")
def named_in_a_form(house: House) -> str:
    foreign, tried = foreign_of(house), 0
    draft, reference = str(foreign.values["key"]), foreign.reference
    [(report_key, summary)] = house.ask("SELECT key, summary FROM incidents_report WHERE reference = %s", reference)
    [before] = house.ask("SELECT version, text::text, last_writer_id FROM incidents_draft WHERE key = %s", draft)
    with house.enter(STRANGER) as browser:
        token = token_of(house, browser)
        for slug, key in product(("own-outage", "maintenance", "consumed-outage"), (draft, str(report_key))):
            data = {"csrfmiddlewaretoken": token, "key": key, "version": "1", "summary": "mine now", "from": reference}
            data |= {"report": reference, "services": str(foreign.values["service"]), "on_behalf": VICTIM}
            form, headers = f"{house.origin}/reports/new/{slug}/", {"Referer": house.origin + "/"}
            for answer in (
                browser.get(form, params={"draft": key}),
                browser.get(
                    form, params={"about": reference, "service": foreign.values["service"], "on_behalf": VICTIM}
                ),
                browser.post(form, data=data, headers=headers),
                browser.post(f"{form}preview/", data=data, headers=headers),
                browser.post(f"{form}draft/", data=data, headers={**headers, "X-Autosave": "1"}),
                browser.post(f"{house.origin}/reports/drafts/{key}/discard/", data=data, headers=headers),
            ):
                tried += 1
                refused(answer.status_code < 500, unless=f"{answer.url}: {answer.status_code}")
                shown = [words for words in (summary, reference, *foreign.words) if words and words in _unsent(answer)]
                refused(not shown, unless=f"{answer.url} shows {shown}")
    [after] = house.ask("SELECT version, text::text, last_writer_id FROM incidents_draft WHERE key = %s", draft)
    refused(before == after, unless="the victim's draft was changed")
    theirs = house.ask("SELECT count(*) FROM incidents_report WHERE key = %s", report_key)
    refused(theirs == [(1,)], unless="a second report stands under the victim's key")
    return f"{tried} calls, nothing shown, nothing changed"


@attack("A spreadsheet file (XLSX): is there one that could carry a formula?")
def spreadsheets(house: House) -> str:
    tried = 0
    for name in (AUDITOR, ADMIN, DIRECTOR):
        with house.enter(name) as browser:
            for path in _paths(house):
                with browser.get(house.origin + path, stream=True) as answer:
                    kind = answer.headers.get("Content-Type", "")
                tried += 1
                refused(SPREADSHEET not in kind, unless=f"{path} is one, and nobody has looked into it: {kind}")
    return f"the portal writes none: {tried} answers looked at (CSV and PDF are tried above)"


for _adapter in ("iam", "push", "simulator"):
    _title = "Every table, session, log line and message of the portal, searched for the IDs of everybody"
    attack(_title, adapter=_adapter, last=True)(numbers_written_down)


# --- What they need -----------------------------------------------------------------------------------------------


def _paths(house: House) -> list[str]:
    """Every address, filled with what is the first entity's, each once; none that ends a session."""
    found = dict(addresses(house))
    found |= {str(each.name): reverse(str(each.name)) for each in patterns() if not arguments(each)}
    return [path for name, path in sorted(found.items()) if name not in OF_HER_SESSION]


def _forms(house: House, browser: Browser, paths: list[str]) -> Iterator[tuple[requests.Response, Form]]:
    for path in paths:
        page = browser.get(house.origin + path)
        if page.status_code == 200 and "text/html" in page.headers.get("Content-Type", ""):
            yield from ((page, form) for form in forms_of(page) if set(form.texts) - SEARCHES)


def _how_late(found: tuple[requests.Response, Form]) -> bool:
    page, form = found
    return any(word in urljoin(page.url, form.action) for word in LAST)


def _route(url: str) -> str:
    """A form's address without the numbers in it."""
    return "/".join("•" if any(map(str.isdigit, part)) else part for part in urlsplit(url).path.split("/"))


def _unsent(answer: requests.Response) -> str:
    """A page without its fields, which give back what was sent."""
    return re.sub(r"<(input|a|link)\b[^>]*>", "", answer.text)


def _look(page: requests.Response, where: str) -> None:
    refused(page.status_code < 500, unless=f"{where}: {page.status_code}")
    if "text/html" in page.headers.get("Content-Type", ""):
        refused(not runs(page.text), unless=f"{where} would run it")
        refused(OVERRIDE not in page.text, unless=f"{where} turns words round")
        refused(f"&amp;lt;{SCRIPT[1:7]}" not in page.text, unless=f"{where} escapes twice")
