"""At the end, what the logs hold."""

from __future__ import annotations

import re

from production.people import DIRECTOR, REVIEWER
from production.plan import Walk, expect, step


@step("What the logs hold", "JSON lines with the proxy's request id; no national ID, no code, no secret")
def logs(walk: Walk) -> str:
    text = walk.house.logs()
    numbers = [walk.house.number(name) for name in (DIRECTOR, REVIEWER)]
    secrets = [path.read_text().strip() for path in (walk.house.folder / "secrets").iterdir()]
    found = [
        kind
        for kind, words in (("an ID", numbers), ("a secret", secrets))
        if any(each and each in text for each in words)
    ]
    found += ["a query"] if re.search(r"[?&](code|state)=", text) else []
    expect(not found, f"{found}")
    ids = set(re.findall(r'"proxied","request_id":"(\w+)"', walk.house.logs("proxy")))
    known = set(re.findall(r'"request_id": "(\w+)"', walk.house.logs("web", "accounts")))
    expect(ids & known, "no id is in both")
    errors = re.findall(r'"level": "(?:error|critical)".*', walk.house.logs("web", "accounts", "worker"))
    expect(not errors, f"{len(errors)} errors: {errors[:1]}")
    return f"{text.count(chr(10))} lines, {len(ids & known)} requests in both logs"
