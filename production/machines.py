"""Beyond one machine: two webs, two workers and a copy of the database, stopped and started under people."""

from __future__ import annotations

import email
import re
import signal
import time

import requests

from faults.process import Process, free_port, wait_until
from production.copied import Copy
from production.crowd import Crowd
from production.house import House, answers, server_settings
from production.keys import HERE, PRODUCTION
from production.people import REVIEWER
from production.plan import Walk, expect, expect_soon, step
from production.replaced import counted, nothing_waits

#: Milliseconds that the copy is behind on purpose: whoever missed there what she has just written would be found out.
BEHIND = 300
RETOLD = ("web", "accounts")
#: All of them are read from the copy.
PAGES = ("/", "/reports/", "/inbox/", "/calendar/")


@step(
    "A second web, a second worker and a copy of the database",
    "they serve; pages are read from the copy, as the metric says",
)
def beyond_one(walk: Walk) -> str:
    house, began = walk.house, time.monotonic()
    if house.server is None:
        raise RuntimeError("the house has no database")
    for name in RETOLD:
        house.process(name).send(signal.SIGTERM)
    copy = walk.copy = Copy(house.server, house.folder / "copy", delay=BEHIND, **server_settings())
    house.closing.callback(copy.process.stop, by=signal.SIGINT, within=15)
    _name_the_copy(house, copy)
    port = _second_machine(house)
    copy.start()
    addresses = [house.direct, f"http://{HERE}:{port}"]
    for address in addresses:
        wait_until(lambda address=address: answers(f"{address}/healthz"), within=120)  # type: ignore[misc]
    _tell_proxy(house, [each.removeprefix("http://") for each in addresses])
    token = {"Authorization": f"Bearer {house.secret('metrics_token')}"}
    expect_soon(lambda: _lag(walk.get("/metrics", token)) is not None, lambda: "no metric of the copy")
    read = copy.times_read()
    expect_soon(
        lambda: walk.get("/reports/", by=walk.director).ok and copy.times_read() > read + 5,
        lambda: f"the copy has answered {copy.times_read() - read} times",
    )
    return f"in {time.monotonic() - began:.0f} s, {_lag(walk.get('/metrics', token)):.1f} s behind"


def _name_the_copy(house: House, copy: Copy) -> None:
    """Web and accounts, which have been told to end, begin anew and know of it."""
    own = house.secret("database_url_web")
    address = re.sub(r"@[^/]+/", f"@{HERE}:{copy.port}/", own)
    secret = house.folder / "secrets" / "database_url_replica"
    secret.write_text(address + "\n")
    for name in RETOLD:
        house.environments[name]["DATABASE_URL_REPLICA_FILE"] = str(secret)
        house.process(name).stop()
        house.process(name).start()


def _second_machine(house: House) -> int:
    """Another web and another worker, as on a machine of their own; the web's port."""
    port = free_port()
    for name, more in (("web", {"BIND": f"{HERE}:{port}"}), ("worker", {})):
        told = house.environments[name] | more | {"METRICS_FILE": str(house.folder / f"{name}-2.answers")}
        command = [*house.process(name).command, *(["--hostname", "second@%h"] if name == "worker" else [])]
        second = Process(command, log=house.folder / f"{name}-2.log", environment=told)
        house.processes[f"{name}-2"], house.environments[f"{name}-2"] = second, told
        house.closing.callback(second.stop, within=10)
        second.start()
    return port


def _tell_proxy(house: House, addresses: list[str]) -> None:
    """production/machines.conf in the proxy's own configuration, read anew."""
    machines = (PRODUCTION / "machines.conf").read_text()
    for name, address in zip(("web-1:8000", "web-2:8000"), addresses, strict=True):
        machines = machines.replace(name, address)
    file = house.folder / "nginx.conf"
    text = file.read_text().replace("http {\n", f"http {{\n{machines}\n", 1)
    told = text.replace(f"set $web {addresses[0]};", "set $web machines;")
    if machines not in told or "set $web machines;" not in told or "server web-" in told:
        raise LookupError("production/nginx.conf or machines.conf does not say any more what is replaced in it.")
    file.write_text(told)
    proxy = house.process("proxy")
    before = set(proxy.children)
    proxy.send(signal.SIGHUP)
    wait_until(lambda: proxy.children and not before & set(proxy.children), within=60)


def _lag(answer: requests.Response) -> float | None:
    found = re.search(r"^portal_replica_lag_seconds ([\d.e+-]+)$", answer.text, re.MULTILINE)
    return float(found[1]) if found else None


@step(
    "The copy, a web and a worker are stopped while people file, and started",
    "every request is answered by a page; a report a receipt, and on its filer's next page; nobody is told twice",
)
def stopped_and_started(walk: Walk) -> str:
    house, began = walk.house, time.monotonic()
    crowd = Crowd(house, walk.director, walk.town.services[600:], pages=PAGES)
    crowd.start()
    crowd.wait_for(3)
    walk.copy.process.stop(by=signal.SIGINT, within=15)
    crowd.wait_for(3)
    walk.copy.start()
    web, worker = house.process("web-2"), house.process("worker")
    for process in (web, worker):
        process.send(signal.SIGTERM)
    for process in (web, worker):
        wait_until(lambda process=process: not process.is_alive, within=60, pause=0.05)  # type: ignore[misc]
        process.start()
        crowd.wait_for(3)
    wait_until(lambda: answers(f"http://{house.environment('web-2')['BIND']}/healthz"), within=120)
    read = walk.copy.times_read()
    wait_until(lambda: walk.copy.times_read() > read + 20, within=60)
    crowd.wait_for(3)
    seen = counted(walk, crowd, {200, 302})
    expect_soon(lambda: nothing_waits(walk), lambda: "messages wait")
    return f"{seen}, {_told_once(walk)}; {time.monotonic() - began:.0f} s"


def _told_once(walk: Walk) -> str:
    """A mail's Message-ID is its delivery's; the gateway keeps one SMS of each reference, hence by text."""
    ids = [str(email.message_from_bytes(raw)["Message-ID"]) for raw in walk.house.mails()]
    asked = {"to": str(walk.house.personas[REVIEWER]["mobile"])}
    texts = [
        str(each["text"])
        for each in requests.get(f"{walk.house.simulator}/sim/api/messages", params=asked, timeout=10).json()
        if not each["code"]
    ]
    seen = f"{len(ids)} mails, {len(texts)} SMS"
    expect(len(ids) == len(set(ids)), f"{seen}, {len(ids) - len(set(ids))} mails twice")
    expect(len(texts) == len(set(texts)), f"{seen}, {len(texts) - len(set(texts))} SMS twice")
    return seen
