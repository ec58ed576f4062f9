"""Words that want to be more than words, in names and in every text field; and IDs that were written down somewhere."""

from __future__ import annotations

import base64
import csv
import io
import re
import subprocess
import tempfile
import time
import zlib

import requests

from attack.browser import Browser, form_of
from attack.doors import DIRECTOR, REVIEWER
from attack.foreign import LEAD
from attack.forms import forms_of, sent
from attack.house import House
from attack.plan import attack, refused
from attack.walls import ADMIN, AUDITOR

SCRIPT, OVERRIDE = "<script>alert(1)</script>", "\u202e"
#: Short enough for every field: a formula, a script, an attribute, an override that turns a name round.
NAME = f"=1+1{SCRIPT}\"'><img src=x onerror=alert(1)>"
HOSTILE = f"{NAME}{OVERRIDE}gpj"
FORMULA = re.compile(r"^[\s\u200e\u200f]*[=+\-@\t\r]")


@attack(
    "HTML, script, formula and bidi override in names and in every text field of an outage, its update, its question"
)
def hostile_words(house: House) -> str:
    named_hostile(house)
    with house.enter(DIRECTOR) as director, house.enter(REVIEWER) as reviewer, house.enter(ADMIN) as admin:
        report = _filed(house, director)
        shown = {"an update": sent(director, director.get(house.origin + report), "/update/", HOSTILE)}
        page = reviewer.get(house.origin + report)
        question = form_of(page, "/accounts/sign-out/")[1] | {"seen": _version(house, report), "text": HOSTILE}
        answer = reviewer.post(f"{house.origin}{report}ask/", data=question, headers={"Referer": page.url})
        shown["the answer to a question"] = answer
        for browser, who in ((director, "the director"), (reviewer, "a reviewer")):
            for path in (report, f"/en{report}", "/", "/reports/", "/board/", "/inbox/", "/services/", "/team/"):
                shown[f"{path} for {who}"] = browser.get(house.origin + path)
        for path in ("entity/", "digitalservice/", "user/", "membership/"):
            shown[f"the desk's {path}"] = admin.get(f"{house.origin}/admin/entities/{path}")
        for where, page in shown.items():
            refused(page.status_code < 500, unless=f"{where}: {page.status_code}")
            refused(not runs(page.text), unless=f"{where} would run it")
            refused(OVERRIDE not in page.text, unless=f"{where} turns words round")
        refused("&lt;script&gt;alert(1)" in shown[f"{report} for the director"].text, unless="it was never shown")
        left = _messages(house)
        refused(left and not any(OVERRIDE in each for each in left), unless="a message turns words round")
        refused(not any("gpj" in each for each in left), unless="a message carries it")
        return f"shown as words on {len(shown)} pages; {len(left)} mails and SMS carry no typed word"


@attack("The same words in the sealed record of a closed report, Arabic and English, as PDF")
def hostile_paper(house: House) -> str:
    named_hostile(house)
    with house.enter(DIRECTOR) as director, house.enter(LEAD) as lead:
        report = _closed(house, director, lead)
        for prefix in ("", "/en"):
            paper = director.get(f"{house.origin}{prefix}{report}record.pdf")
            refused(paper.status_code == 200, unless=f"no paper came of it ({paper.status_code}): nothing was tried")
            text, scripts = _read(paper.content)
            refused("<script>alert(1)" in text, unless="the words are not in the paper: nothing was tried")
            refused(OVERRIDE not in text, unless="the paper turns words round")
            refused(not scripts.strip(), unless=f"the paper runs {scripts}")
    return "there as words, and nothing in it runs"


@attack("A spreadsheet that would calculate what somebody typed or is called")
def formulas(house: House) -> str:
    named_hostile(house)
    with house.enter(AUDITOR) as auditor, house.enter(ADMIN) as admin:
        page = auditor.get(f"{house.origin}/audit/")
        files = {"the security log": auditor.press(page, "/audit/export/", format="csv")}
        for name in ("entity", "digitalservice"):
            asked = admin.get(f"{house.origin}/admin/entities/{name}/export/")
            refused("text/html" in asked.headers["Content-Type"], unless=f"the address alone takes {name} out")
            files[name] = admin.press(asked, "/export/")
    counted = 0
    for name, answer in files.items():
        refused("text/csv" in answer.headers["Content-Type"], unless=f"{name}: {answer.status_code}, no file")
        cells = [cell for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))) for cell in row]
        live = [cell for cell in cells if FORMULA.match(cell) and not re.fullmatch(r"-?\d+", cell)]
        refused(not live, unless=f"cells of {name} that calculate: {live[:3]}")
        refused(any(SCRIPT in cell for cell in cells) or name == "the security log", unless=f"{name} was not tried")
        counted += len(cells)
    return f"{counted} cells of {len(files)} files, none calculates"


def numbers_written_down(house: House) -> str:
    numbers = {str(persona["national_id"]) for persona in house.personas.values()}
    messages = "\n".join(_messages(house))
    places = {
        "database": house.dump(),
        "sessions": _sessions(house),
        "log": house.log.read_text(),
        "messages": messages,
    }
    for place, text in places.items():
        found = numbers & set(re.findall(r"(?<!\d)[12]\d{9}(?!\d)", text))
        refused(not found, unless=f"{len(found)} IDs in the {place}")
    size = sum(map(len, places.values())) // 1024
    return f"{len(numbers)} IDs looked for in {size} KB of rows, sessions, log lines, mails and SMS: none"


def named_hostile(house: House) -> None:
    """Whoever and whatever belongs to the director's entity is called so: no form would let that in."""
    of_hers = "(SELECT id FROM entities_entity WHERE code = 'demo-a')"
    for table, rows in {
        "entities_entity": f"id = {of_hers}",
        "entities_digitalservice": f"entity_id = {of_hers}",
        "entities_user": f"id IN (SELECT user_id FROM entities_membership WHERE entity_id = {of_hers})",
    }.items():
        house.ask(f"UPDATE {table} SET name_ar = %s, name_en = %s WHERE {rows} RETURNING 1", NAME, NAME)


def _filed(house: House, director: Browser) -> str:
    """The page of an own outage whose every text field is hostile."""
    page = director.get(f"{house.origin}/reports/new/own-outage/")
    # sent though another outage of the service runs; small enough to need no second signature
    plain = {"confirmed": "1", "cyber_suspected": "no", "impact_level": "minor"}
    receipt = sent(director, page, "/reports/new/own-outage/", HOSTILE, **plain)
    reference = re.search(r"OUT-\d{4}-\d{6}", receipt.url)
    refused(reference, unless="no report came of it: this attack tried nothing")
    return f"/reports/{reference[0]}/" if reference else ""


def _closed(house: House, director: Browser, lead: Browser) -> str:
    """The same, restored, with a final report that holds nothing else, and accepted."""
    report = _filed(house, director)
    sent(director, director.get(f"{house.origin}{report}?do=restore"), "/restore/", HOSTILE)
    for section in ("summary", "times", "impact", "cause", "recovery", "lessons", "actions"):
        path = f"{report}final/{section}/"
        sent(director, director.get(house.origin + path), path, HOSTILE)
    check = director.get(f"{house.origin}{report}final/check/")
    house.confirm(director, DIRECTOR, sent(director, check, "/final/check/", HOSTILE))
    page = lead.get(f"{house.origin}{report}final/")
    boxes = next(form.choices["checked"] for form in forms_of(page) if "/final/accept/" in form.action)
    sent(lead, page, "/final/accept/", HOSTILE, checked=boxes)
    return report


def _read(paper: bytes) -> tuple[str, str]:
    """The text of a PDF and the scripts in it, as poppler finds them."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(paper)
        file.flush()
        calls = (["pdftotext", "-raw", file.name, "-"], ["pdfinfo", "-js", file.name])
        text, scripts = (subprocess.run(call, capture_output=True, text=True, check=True).stdout for call in calls)
    return text, scripts


def _sessions(house: House) -> str:
    """What the rows of the sessions hold, unpacked: they are packed and signed, not encrypted."""
    texts = []
    for (kept,) in house.ask("SELECT session_data FROM entities_session"):
        packed = kept.removeprefix(".").split(":")[0]
        content = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
        texts.append((zlib.decompress(content) if kept.startswith(".") else content).decode())
    refused(texts, unless="no session could be read: nothing was tried")
    return "\n".join(texts)


def _version(house: House, report: str) -> str:
    [(version,)] = house.ask("SELECT version FROM incidents_report WHERE reference = %s", report.split("/")[2])
    return str(version)


def runs(text: str) -> bool:
    return SCRIPT in text or "<img src=x" in text


def _messages(house: House) -> list[str]:
    """What has left the house by mail and SMS, a few seconds after the last deed."""
    time.sleep(5)
    caught = requests.get(f"{house.simulator}/sim/api/messages", timeout=30).json()
    return [f"{each['subject']}\n{each['text']}" for each in caught]
