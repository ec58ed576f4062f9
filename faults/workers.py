"""Processes that die or are replaced: senders in the middle of a message, web workers in the middle of a form."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from faults.house import House
from faults.plan import expect, fault

ROW = "SELECT state FROM notifications_delivery WHERE id = %s"


@fault(
    "A worker's processes killed (SIGKILL) while a mail is on its way",
    expected="sent once: the mail server had not taken it",
)
def sender_killed_before(house: House) -> str:
    key = _held(house, "before")
    for child in house.portal.worker.children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    house.senders_died()
    return _goes_on(house, key, taken=0)


@fault(
    "A worker killed whole (SIGKILL) between sending and writing it down",
    expected="its lease runs out, and it is sent again if still wanted: this one is doubled",
)
def sender_killed_after(house: House) -> str:
    key = _held(house, "after")
    house.torn.append(key)
    house.portal.worker.kill()
    house.senders_died()
    house.portal.replace_worker()
    return _goes_on(house, key, taken=1)


def _held(house: House, when: str) -> str:
    """The next mail that is sent waits at the mail server; its key."""
    house.mail.hold_next(when)
    expect(house.mail.held.wait(60), "no mail came to the mail server")
    return house.mail.holds


def _goes_on(house: House, key: str, *, taken: int) -> str:
    """What the dead sender leaves is nobody's yet; the others' messages go on."""
    state, before = house.ask(ROW, key)[0][0], house.sent()
    expect(
        state in {"leased", "pending"} and house.mail.taken[key] == taken, f"{state}, taken {house.mail.taken[key]} x"
    )
    seconds = house.until(lambda: house.sent() > before, "another message after the sender's death", within=60)
    return f"its row is {state}, taken {taken} x so far; the next message left {seconds:.0f} s later"


@fault(
    "Web and background workers replaced in the middle of a burst (HUP, TERM)",
    expected="no form fails and no message is doubled",
)
def workers_replaced(house: House) -> str:
    before, twice = house.answers.so_far(), house.explained()
    old = house.portal.web.children
    house.filing.wait_for(10)
    house.portal.web.send(signal.SIGHUP)
    house.portal.replace_worker()
    house.until(lambda: not set(old) & set(house.portal.web.children), "the old web workers are gone")
    house.filing.wait_for(20)
    others = house.answers.others(before, 302)
    doubled = set(house.twice()) - twice
    seen = f"{sum(house.answers.since(before).values())} answers, others than the receipt: {others or 'none'}"
    expect(not others and not doubled, f"{seen}; doubled: {len(doubled)}")
    return f"{seen}; none doubled"


@fault(
    "A web worker killed (SIGKILL) in the middle of a form",
    expected="the form is sent again under its key, and files once",
)
def web_worker_killed(house: House) -> str:
    before = house.answers.so_far()
    killed = house.portal.web.children[0]
    os.kill(killed, signal.SIGKILL)
    since = house.filing.wait_for(30)
    house.until(lambda: len(house.portal.web.children) >= 2, "another web worker stands in")
    answers = house.answers.since(before)
    others = house.answers.others(before, 302, 0)
    again = [receipt for receipt in since if receipt.attempts > 1]
    reports = house.count("SELECT count(*) FROM incidents_report WHERE key = ANY(%s::uuid[])", [r.key for r in since])
    seen = f"{answers[0]} broken off, {len(again)} of {len(since)} sent again: {reports} reports; "
    seen += f"other answers: {others or 'none'}"
    expect(reports == len(since) and not others, seen)
    return seen
