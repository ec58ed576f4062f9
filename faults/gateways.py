"""The mail server: closed for hours, and open without a word."""

from __future__ import annotations

import time

from faults.house import House
from faults.plan import expect, fault
from faults.portal import SENDERS

HOURS = 3
#: So many of those that waited are awaited here, all of them by the ledger.
FIRST = 10
#: It is watched beyond EMAIL_TIMEOUT, when the mails rest, and short of PROBE_AFTER, when one is tried: in seconds.
PAUSE = 15
WAITING = "FROM notifications_delivery WHERE channel = 'email' AND state IN ('pending', 'leased')"
AWAY = "last_error = 'smtp-away'"
RESTING = f"SELECT count(*) {WAITING} AND {AWAY} AND next_try_at > now()"
INBOXES = "SELECT count(*) FROM notifications_delivery WHERE channel = 'in_app'"


@fault(
    "The mail server refuses for hours",
    expected="each try costs one mail and uses up no attempt; all leave when it is back",
)
def mail_refused(house: House) -> str:
    house.mail.close()
    try:
        house.until(lambda: house.count(RESTING), "a mail refused")
        house.filing.wait_for(FIRST)
        before = dict(house.ask(f"SELECT id, attempts {WAITING}"))
        for _ in range(HOURS):
            _pass_an_hour(house)
            house.until(lambda: house.count(RESTING), "a probe")
        after = house.ask(f"SELECT id, attempts {WAITING}")
    finally:
        house.mail.open()
    _pass_an_hour(house)
    left = "SELECT count(*) FROM notifications_delivery WHERE id = ANY(%s) AND state IN ('sent', 'superseded')"
    seconds = house.until(lambda: house.count(left, list(before)) >= FIRST, "the first mails left")
    used = sum(attempts - before[key] for key, attempts in after if key in before)
    failed = house.count("SELECT count(*) FROM notifications_delivery WHERE state = 'failed'")
    seen = f"{len(after)} mails waited {HOURS} h, {failed} given up, {used} attempts used up; "
    seen += f"{FIRST} had left {seconds:.0f} s after its return"
    expect(len(after) >= FIRST and not failed and used <= SENDERS, seen)  # one on its way has an attempt to give back
    return seen


@fault(
    "The mail server takes connections and never answers",
    expected="one try a sender each half minute, for new mails as well; what else is to be told goes on",
)
def mail_silent(house: House) -> str:
    house.mail.fall_silent()
    try:
        house.until(lambda: house.mail.callers, "a mail tried")
        began = time.monotonic()
        patience = house.until(lambda: house.count(RESTING), "the mails rest")
        filed, told, texted = len(house.filing.receipts), house.count(INBOXES), len(house.sms.taken)
        house.until(lambda: house.count(INBOXES) > told, "the inboxes go on", within=40)
        house.until(lambda: len(house.sms.taken) > texted, "the SMS go on", within=40)
        time.sleep(max(0.0, began + PAUSE - time.monotonic()))
        callers, lasted = house.mail.callers, time.monotonic() - began
    finally:
        house.mail.open()
    _pass_an_hour(house)
    seen = (
        f"{callers} tries by {SENDERS} senders in {lasted:.0f} s, given up after {patience:.0f} s; meanwhile "
        f"{len(house.filing.receipts) - filed} reports filed, {len(house.sms.taken) - texted} SMS sent, inboxes written"
    )
    expect(callers <= SENDERS * (1 + lasted // 30), seen)
    return seen


def _pass_an_hour(house: House) -> None:
    """For the mails that wait: the next try comes."""
    house.count(f"UPDATE notifications_delivery SET next_try_at = next_try_at - interval '1 hour' "
                f"WHERE id IN (SELECT id {WAITING} AND state = 'pending')")  # fmt: skip
