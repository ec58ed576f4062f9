"""Its processes replaced under people."""

from __future__ import annotations

import os
import signal
import time

from faults.process import children_of, wait_until
from production.crowd import AWAY, Crowd
from production.plan import Walk, expect, expect_soon, step


@step("A second web is started beside the first, which is stopped, while people file", "every request is answered")
def replaced(walk: Walk) -> str:
    """SIGUSR2 and SIGTERM to gunicorn, as docs/operations.md says."""
    crowd, web = Crowd(walk.house, walk.director, walk.town.services[1:]), walk.house.process("web")
    before = set(web.children)
    crowd.start()
    crowd.wait_for(3)
    web.send(signal.SIGUSR2)
    wait_until(lambda: set(web.children) - before, within=10)
    [second] = set(web.children) - before
    wait_until(lambda: children_of(second), within=120)
    web.send(signal.SIGTERM)
    wait_until(lambda: not web.is_alive, within=40)
    crowd.wait_for(3)
    seen = counted(walk, crowd, {200, 302})
    os.kill(second, signal.SIGTERM)
    wait_until(lambda: not children_of(second), within=40)
    web.start()
    return seen


@step(
    "Web is stopped while people file (SIGTERM), and started", "answered, or told that it is away; a report a receipt"
)
def stopped(walk: Walk) -> str:
    crowd, web = Crowd(walk.house, walk.director, walk.town.services[300:]), walk.house.process("web")
    crowd.start()
    crowd.wait_for(3)
    began = walk.upgraded = time.monotonic()
    web.send(signal.SIGTERM)
    walk.house.process("worker").send(signal.SIGTERM)  # an upgrade stops both; the next step looks at it
    wait_until(lambda: not web.is_alive, within=40, pause=0.05)
    took = time.monotonic() - began
    away = walk.get("/")
    seen = f"{away.status_code}, Retry-After {away.headers.get('Retry-After')}"
    expect(away.status_code == AWAY and "Retry-After" in away.headers and 'lang="ar"' in away.text, seen)
    web.start()
    crowd.wait_for(3)
    expect(took < 26, f"stopped after {took:.0f} s")
    return f"{counted(walk, crowd, {200, 302, AWAY})}; stopped in {took:.1f} s"


def counted(walk: Walk, crowd: Crowd, allowed: set[int]) -> str:
    crowd.stop()
    keys = list(crowd.receipts)
    sql = "SELECT count(*), count(*) FILTER (WHERE key::text = ANY(%s)) FROM incidents_report"
    everything, receipted = walk.house.ask(sql, keys)[0]
    told = len(set(crowd.receipts.values()))
    seen = f"{dict(sorted(crowd.statuses.items()))}, {len(crowd.broken)} broken, {told} receipts, {receipted} reports"
    expect(not crowd.broken and set(crowd.statuses) <= allowed, f"{seen} {crowd.broken[:2]}")
    expect(told == receipted == everything - walk.filed, f"{seen}, {everything} in all")
    expect(not crowd.unseen, f"{seen}, not on the next page: {crowd.unseen[:3]}")
    walk.filed = everything
    return seen


@step("The worker was stopped with it, and is started", "it ends, its tasks done or given back; the mails go on")
def worker_stopped(walk: Walk) -> str:
    worker = walk.house.process("worker")
    wait_until(lambda: not worker.is_alive, within=60, pause=0.1)
    took = time.monotonic() - walk.upgraded
    worker.start()
    before = len(walk.house.mails())
    expect_soon(lambda: len(walk.house.mails()) > before or nothing_waits(walk), lambda: "no mail moves")
    return f"stopped after {took:.0f} s at most"


def nothing_waits(walk: Walk) -> bool:
    waiting = "SELECT count(*) FROM notifications_delivery WHERE state = 'pending'"
    return bool(walk.house.ask(waiting)[0][0] == 0)
