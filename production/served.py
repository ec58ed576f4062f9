"""How it is served: what is kept, compressed, refused, watched and ended."""

from __future__ import annotations

import re

import psycopg

from production.people import DIRECTOR
from production.plan import Walk, expect, expect_soon, step


@step("Static files", "immutable for a year, Brotli, 304 for whoever has them")
def static_files(walk: Walk) -> str:
    page = walk.get("/")
    found = re.findall(r'"(/static/[^"]+\.(?:css|js))"', page.text)
    expect(found, "the page names none")
    sizes = 0
    for path in found:
        got = walk.get(path, {"Accept-Encoding": "br, gzip"})
        kept = "immutable" in got.headers["Cache-Control"] and "max-age=315360000" in got.headers["Cache-Control"]
        again = walk.get(path, {"If-None-Match": got.headers.get("ETag", ""), "Accept-Encoding": "br, gzip"})
        since = walk.get(path, {"If-Modified-Since": got.headers.get("Last-Modified", ""), "Accept-Encoding": "br"})
        seen = f"{path}: {dict(got.headers)}, then {again.status_code} and {since.status_code}"
        expect(kept and got.headers.get("Content-Encoding") in {"br", None}, seen)
        expect(since.status_code == 304 or again.status_code == 304, seen)
        sizes += int(got.headers.get("Content-Length", 0))
    return f"{len(found)} files, {sizes / 1024:.0f} KB"


@step("Pages", "compressed by the proxy, at most 40 KB")
def compressed(walk: Walk) -> str:
    got = walk.director.get(walk.house.origin + "/", headers={"Accept-Encoding": "gzip"}, stream=True)
    size = len(got.raw.read(decode_content=False))
    seen = f"{got.headers.get('Content-Encoding')}, {size / 1024:.1f} KB"
    expect(got.headers.get("Content-Encoding") == "gzip" and size <= 40 * 1024, seen)
    return seen


@step("A calendar's feed", "304 when nothing has changed, 404 when it is revoked")
def feed(walk: Walk) -> str:
    director = walk.house.enter(DIRECTOR, walk.house.browser())  # an address is made by who has just come in
    page = walk.get("/calendar/feeds/", by=director)
    shown = director.press(page, "/calendar/feeds/")
    found = re.search(r"/calendar/feed/([^/\"<\s]+)\.ics", shown.text)
    expect(found, "the page shows no address")
    path = found[0] if found else ""
    got = walk.get(path)
    again = walk.get(path, {"If-None-Match": got.headers.get("ETag", "")})
    director.press(shown, "/calendar/feeds/revoke/")
    seen = [got.status_code, again.status_code, walk.get(path).status_code]
    expect(seen == [200, 304, 404], str(seen))
    expect(path.split("/")[-1].removesuffix(".ics") not in walk.house.logs("web", "proxy"), "its token is in a log")
    return "200, 304, then 404; its token is in no log"


@step("A body that is too large", "413: beyond 32 MB from the proxy, beyond 1 MB of words in the portal's own page")
def too_large(walk: Walk) -> str:
    address = walk.house.origin + "/accounts/sign-in/"
    sizes = [walk.house.browser().post(address, data={"x": "y" * size}) for size in (33 * 2**20, 2 * 2**20)]
    seen = [each.status_code for each in sizes]
    expect(seen == [413, 413] and "lang=" in sizes[1].text, str(seen))
    return "413, 413"


@step("/healthz, /readyz, /metrics", "ok, nothing degraded; numbers for whoever brings the token, 404 for others")
def watched(walk: Walk) -> str:
    expect_soon(
        lambda: walk.get("/readyz").json() == {"status": "ok", "degraded": []}, lambda: walk.get("/readyz").text
    )
    token = {"Authorization": f"Bearer {walk.house.secret('metrics_token')}"}
    seen = [walk.get(path).status_code for path in ("/healthz", "/metrics")]
    numbers = walk.get("/metrics", token)
    found = re.findall(r"^portal_\w+", numbers.text, re.MULTILINE)
    expect(seen == [200, 404] and numbers.status_code == 200 and found, f"{seen}, {numbers.status_code}")
    return f"ok, {len(set(found))} metrics"


@step("A statement that takes ten seconds, a lock that is held", "ended by the database after 5 and after 2 seconds")
def timeouts(walk: Walk) -> str:
    code = (
        "from django.db import connection, OperationalError, transaction; import time\n"
        "for sql in ('SELECT pg_sleep(10)', 'LOCK TABLE incidents_referencecounter IN EXCLUSIVE MODE'):\n"
        "    began = time.monotonic()\n"
        "    try:\n"
        "        with transaction.atomic(), connection.cursor() as cursor: cursor.execute(sql)\n"
        "    except OperationalError as error:\n"
        "        print(f'{time.monotonic() - began:.0f}', type(error.__cause__).__name__)\n"
    )
    with psycopg.connect(walk.house.database) as holder:
        holder.execute("LOCK TABLE incidents_referencecounter IN EXCLUSIVE MODE")
        done = walk.house.manage("shell", "--no-imports", "--command", code)
    seen = " ".join(done.stdout.split())
    expect(re.fullmatch(r"[56] QueryCanceled [23] LockNotAvailable", seen), seen + done.stderr[-300:])
    return seen
