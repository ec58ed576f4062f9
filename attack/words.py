"""Words that want to be more than words, in every text field of a report; and IDs that were written down somewhere."""

from __future__ import annotations

import csv
import io
import re
import time

import requests

from attack.browser import Browser, form_of
from attack.doors import DIRECTOR, REVIEWER
from attack.house import House
from attack.plan import attack, refused

AUDITOR = "Abdullah Al-Zahrani"
SCRIPT, OVERRIDE = "<script>alert(1)</script>", "\u202e"
#: Short enough for every field: a formula, a script, an attribute, an override that turns a name round.
HOSTILE = f"=1+1{SCRIPT}\"'><img src=x onerror=alert(1)>{OVERRIDE}gpj"
FORMULA = re.compile(r"^[\s\u200e\u200f]*[=+\-@\t\r]")


@attack("HTML, script, formula and bidi override in every text field of an outage, its update and its question")
def hostile_words(house: House) -> str:
    with house.enter(DIRECTOR) as director, house.enter(REVIEWER) as reviewer:
        page = _filed(house, director)
        reference = re.search(r"OUT-\d{4}-\d{6}", page.url)
        refused(reference, unless="no report came of it: this attack tried nothing")
        report = f"/reports/{reference[0]}/" if reference else ""
        [(version,)] = house.ask("SELECT version FROM incidents_report WHERE reference = %s", report.split("/")[2])
        page = reviewer.get(house.origin + report)
        hidden = form_of(page, "/accounts/sign-out/")[1]
        question = {**hidden, "seen": str(version), "text": HOSTILE, "urgent": "yes"}
        answer = reviewer.post(f"{house.origin}{report}ask/", data=question, headers={"Referer": page.url})
        shown = {"the answer to a question": answer}
        for browser, who in ((director, "the director"), (reviewer, "a reviewer")):
            for path in (report, f"/en{report}", "/", "/reports/", "/board/", "/inbox/"):
                shown[f"{path} for {who}"] = browser.get(house.origin + path)
        for where, page in shown.items():
            refused(page.status_code < 500, unless=f"{where}: {page.status_code}")
            refused(not _runs(page.text), unless=f"{where} would run it")
            refused(OVERRIDE not in page.text, unless=f"{where} turns words round")
        refused("&lt;script&gt;alert(1)" in shown[f"{report} for the director"].text, unless="it was never shown")
        left = _messages(house)
        refused(left and not any(_runs(each) or OVERRIDE in each for each in left), unless="a message carries it")
        return f"shown as words on {len(shown)} pages; {len(left)} mails and SMS carry none of it"


@attack("A spreadsheet that would calculate what somebody typed")
def formulas(house: House) -> str:
    with house.enter(AUDITOR) as auditor:
        page = auditor.get(f"{house.origin}/audit/")
        answer = auditor.press(page, "/audit/export/", format="csv")
        cells = [cell for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))) for cell in row]
        refused(len(cells) > 50, unless="the file is empty: this attack tried nothing")
        live = [cell for cell in cells if FORMULA.match(cell) and not re.fullmatch(r"-?\d+", cell)]
        refused(not live, unless=f"cells that calculate: {live[:3]}")
        return f"{len(cells)} cells, none calculates"


@attack("Every table, session, log line and message of the portal, searched for the IDs of everybody")
def numbers_written_down(house: House) -> str:
    numbers = {str(persona["national_id"]) for persona in house.personas.values()}
    places = {"database": house.dump(), "log": house.log.read_text(), "messages": "\n".join(_messages(house))}
    for place, text in places.items():
        found = numbers & set(re.findall(r"(?<!\d)[12]\d{9}(?!\d)", text))
        refused(not found, unless=f"{len(found)} IDs in the {place}")
    size = sum(map(len, places.values())) // 1024
    return f"{len(numbers)} IDs looked for in {size} KB of rows, log lines, mails and SMS: none"


def _filed(house: House, director: Browser) -> requests.Response:
    """An own outage whose every text field is hostile; its receipt."""
    page = director.get(f"{house.origin}/reports/new/own-outage/")
    form = next(form for form in re.findall(r"<form.*?</form>", page.text, re.DOTALL) if 'name="impact_level"' in form)
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    for name in ("services", "impact_level", "started_at", "symptom"):
        fields[name] = re.findall(rf'name="{name}"\s+value="([^"]+)"', form)[-1 if name == "services" else 0]
    fields["cyber_suspected"] = "unknown"
    for name, most in re.findall(r'<(?:input type="text"|textarea)\s+name="(\w+)"[^>]*maxlength="(\d+)"', form):
        fields[name] = HOSTILE[: int(most)]
    answer = director.post(page.url, data=fields, headers={"Referer": page.url})
    if answer.status_code == 422 or "/receipt/" not in answer.url:  # another outage of the service runs: send it
        answer = director.post(page.url, data={**fields, "confirmed": "1"}, headers={"Referer": page.url})
    return answer


def _runs(text: str) -> bool:
    return SCRIPT in text or "<img src=x" in text


def _messages(house: House) -> list[str]:
    """What has left the house by mail and SMS, a few seconds after the last deed."""
    time.sleep(5)
    caught = requests.get(f"{house.simulator}/sim/api/messages", timeout=30).json()
    return [f"{each['subject']}\n{each['text']}" for each in caught]
