"""The mail server: closed for hours, and open without a word."""

from __future__ import annotations

import time

from faults.house import House
from faults.plan import expect, fault
from faults.portal import SENDERS

HOURS = 3
WAITING = "FROM notifications_delivery WHERE channel = 'email' AND state IN ('pending', 'leased')"


@fault(
    "The mail server refuses for hours",
    expected="each try costs one mail and uses up no attempt; all leave when it is back",
)
def mail_refused(house: House) -> str:
    house.mail.close()
    try:
        house.until(lambda: house.count(f"SELECT count(*) {WAITING} AND last_error = 'smtp-away'"), "a mail refused")
        for _ in range(HOURS):
            _pass_an_hour(house)
            house.until(lambda: not house.count(f"SELECT count(*) {WAITING} AND next_try_at <= now()"), "a probe")
        waiting = house.count(f"SELECT count(*) {WAITING}")
        failed = house.count("SELECT count(*) FROM notifications_delivery WHERE state = 'failed'")
    finally:
        house.mail.open()
    keys = [str(key) for (key,) in house.ask(f"SELECT id {WAITING}")]
    _pass_an_hour(house)
    left = "SELECT count(*) FROM notifications_delivery WHERE id = ANY(%s::uuid[]) AND state = 'pending'"
    seconds = house.until(lambda: not house.count(left, keys), "the mails left")
    tried = house.count("SELECT coalesce(max(attempts), 0) FROM notifications_delivery WHERE id = ANY(%s::uuid[])", keys)
    seen = f"{waiting} mails waited {HOURS} h, {failed} given up, at most {tried} attempts; {len(keys)} left in {seconds:.0f} s"
    expect(waiting and not failed and tried <= 2, seen)
    return seen


@fault(
    "The mail server takes connections and never answers",
    expected="one try a sender, then a pause; what else is to be told goes on",
)
def mail_silent(house: House) -> str:
    house.mail.fall_silent()
    try:
        house.until(lambda: house.mail.callers, "a mail tried")
        began = time.monotonic()
        house.until(lambda: house.count(f"SELECT count(*) {WAITING} AND last_error = 'smtp-away'"), "the pause began")
        patience, before, sms = time.monotonic() - began, len(house.filing.receipts), len(house.sms.taken)
        told = "SELECT count(*) FROM notifications_delivery WHERE channel = 'in_app' AND created_at > now() - interval '10 s'"
        in_app = house.until(lambda: house.count(told), "the inbox goes on", within=30)
        texted = house.until(lambda: len(house.sms.taken) > sms, "SMS go on", within=30)
        callers = house.mail.callers
    finally:
        house.mail.open()
    _pass_an_hour(house)
    filed = len(house.filing.receipts) - before
    seen = (
        f"{callers} tries, given up after {patience:.0f} s; {filed} reports filed, the next inbox entry "
        f"{in_app:.0f} s and the next SMS {texted:.0f} s later"
    )
    expect(callers <= 2 * SENDERS, seen)
    return seen


def _pass_an_hour(house: House) -> None:
    """For the mails that wait: the next try comes."""
    house.count(f"UPDATE notifications_delivery SET next_try_at = next_try_at - interval '1 hour' "
                f"WHERE id IN (SELECT id {WAITING} AND state = 'pending')")  # fmt: skip
