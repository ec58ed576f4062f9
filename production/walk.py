"""A person's way: in by Nafath, an outage filed, seen and acknowledged, and everybody told."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

import requests

from attack.browser import form_of
from faults.filing import PATH, RECEIPT, form
from faults.people import Filer
from production.people import DIRECTOR, REVIEWER
from production.plan import Walk, expect, expect_soon, step


@step("Over http, and past the proxy without TLS", "sent to https")
def https_only(walk: Walk) -> str:
    plain = requests.get(walk.house.plain + "/en/", allow_redirects=False, timeout=10)
    direct = requests.get(walk.house.direct + "/en/", headers={"Host": "localhost"}, allow_redirects=False, timeout=10)
    seen = [(each.status_code, each.headers.get("Location", "")) for each in (plain, direct)]
    expect(seen == [(301, "https://localhost/en/")] * 2, str(seen))
    return "301 from the proxy, 301 from the portal"


@step("Signing in by OIDC", "in, with __Host- cookies: Secure, HttpOnly, SameSite=Lax")
def sign_in(walk: Walk) -> str:
    walk.director = walk.house.enter(DIRECTOR, walk.house.browser())
    walk.reviewer = walk.house.enter(REVIEWER, walk.house.browser())
    cookies = {cookie.name: cookie for cookie in walk.director.cookies if cookie.domain.startswith("localhost")}
    kept = {name: cookies[name] for name in ("__Host-session", "__Host-csrf") if name in cookies}
    hard = all(
        each.secure and each.path == "/" and "HttpOnly" in (lax := vars(each)["_rest"]) and lax.get("SameSite") == "Lax"
        for each in kept.values()
    )
    expect(len(kept) == 2 and hard and walk.house.is_in(walk.director), str(list(cookies)))
    return ", ".join(kept)


@step("The headers of a page", "HSTS two years, CSP from nothing, no frame, no sniffing, no store, no server's version")
def headers(walk: Walk) -> str:
    got = walk.get("/", by=walk.director).headers
    wanted = {
        "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Server": "nginx",
    }
    others = {name: got.get(name) for name, value in wanted.items() if got.get(name) != value}
    policy = got.get("Content-Security-Policy", "")
    expect(not others and "default-src 'none'" in policy and "unsafe" not in policy, f"{others} {policy}")
    expect("no-store" in got.get("Cache-Control", ""), f"Cache-Control: {got.get('Cache-Control')}")
    return f"{len(wanted) + 2} as expected"


@step("Home, and an outage is filed", "a receipt with its reference")
def filing(walk: Walk) -> str:
    home = walk.get("/", by=walk.director)
    expect(home.status_code == 200 and 'lang="ar"' in home.text, f"home: {home.status_code}")
    page = walk.get(PATH, by=walk.director)
    target, hidden = form_of(page, PATH)
    fields = dict(form(Filer("", [], "full"), walk.town.services[0], hidden["key"]))
    receipt = walk.director.post(target, data={**hidden, **fields}, headers={"Referer": page.url})
    found = RECEIPT.search(receipt.url)
    expect(found and receipt.status_code == 200, f"{receipt.status_code} {receipt.url}")
    walk.reference = found[1] if found else ""
    expect(walk.reference in receipt.text, "the page does not say it")
    return walk.reference


@step("The reviewer's board", "the report is there, and is acknowledged")
def acknowledging(walk: Walk) -> str:
    board = walk.get("/board/", by=walk.reviewer)
    expect(walk.reference in board.text, f"{board.status_code}, without {walk.reference}")
    page = walk.get(f"/reports/{walk.reference}/", by=walk.reviewer)
    walk.reviewer.press(page, "/acknowledge/")
    sql = "SELECT status FROM incidents_report WHERE reference = %s AND acknowledged_at IS NOT NULL"
    found = walk.house.ask(sql, walk.reference)
    expect(found, "not acknowledged")
    return f"now {found[0][0]}"


@step("Mail and SMS", "director and reviewer have a mail that names the report, the reviewer an SMS: it is urgent")
def mail(walk: Walk) -> str:
    wanted = {str(walk.house.personas[name]["email"]) for name in (DIRECTOR, REVIEWER)}

    def told() -> set[str]:
        mails = [email.message_from_bytes(raw, policy=email.policy.default) for raw in walk.house.mails()]
        return {str(each["To"]) for each in mails if walk.reference in str(each["Subject"]) + _text(each)}

    expect_soon(lambda: wanted <= told(), lambda: f"mails to {told()}")
    asked = {"to": str(walk.house.personas[REVIEWER]["mobile"])}

    def texts() -> list[str]:
        caught = requests.get(f"{walk.house.simulator}/sim/api/messages", params=asked, timeout=10).json()
        return [str(each) for each in caught if walk.reference in str(each)]

    expect_soon(texts, lambda: "no SMS to the reviewer")
    return f"mails to {len(told())} people, {len(texts())} SMS to the reviewer"


def _text(message: EmailMessage) -> str:
    body = message.get_body(("plain", "html"))
    return str(body.get_content()) if body else ""
