"""The mail server: closed for hours, and open without a word."""

from __future__ import annotations

import time

from faults.house import House
from faults.plan import expect, fault
from faults.portal import SENDERS

HOURS = 3
#: So many of those that waited are awaited here, all of them by the ledger.
FIRST = 10
#: A mail server that was away is tried again after so many seconds (notifications.actions.PROBE_AFTER), less a margin.
PAUSE = 25
WAITING = "FROM notifications_delivery WHERE channel = 'email' AND state IN ('pending', 'leased')"
AWAY = "last_error = 'smtp-away'"
INBOXES = "SELECT count(*) FROM notifications_delivery WHERE channel = 'in_app'"


@fault(
    "The mail server refuses for hours",
    expected="each try costs one mail and uses up no attempt; all leave when it is back",
)
def mail_refused(house: House) -> str:
    house.mail.close()
    try:
        house.until(lambda: house.count(f"SELECT count(*) {WAITING} AND {AWAY}"), "a mail refused")
        house.filing.wait_for(FIRST)
        before = dict(house.ask(f"SELECT id, attempts {WAITING}"))
        for _ in range(HOURS):
            _pass_an_hour(house)
            house.until(lambda: house.count(f"SELECT count(*) {WAITING} AND {AWAY} AND next_try_at > now()"), "a probe")
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
    expect(before.keys() <= dict(after).keys() and not failed and used <= SENDERS, seen)
    return seen


@fault(
    "The mail server takes connections and never answers",
    expected="one try a sender, then a pause for all mails; what else is to be told goes on",
)
def mail_silent(house: House) -> str:
    house.mail.fall_silent()
    try:
        house.until(lambda: house.mail.callers, "a mail tried")
        patience = house.until(lambda: house.count(f"SELECT count(*) {WAITING} AND {AWAY}"), "the pause began")
        filed, told, texted = len(house.filing.receipts), house.count(INBOXES), len(house.sms.taken)
        house.until(lambda: house.count(INBOXES) > told, "the inboxes go on", within=40)
        house.until(lambda: len(house.sms.taken) > texted, "the SMS go on", within=40)
        time.sleep(max(0.0, PAUSE - patience))  # mails of reports that are filed meanwhile do not try either
        callers, filed = house.mail.callers, len(house.filing.receipts) - filed
    finally:
        house.mail.open()
    _pass_an_hour(house)
    seen = (
        f"{callers} tries by {SENDERS} senders, given up after {patience:.0f} s; {filed} reports filed meanwhile, "
        f"their inbox entries written and {len(house.sms.taken) - texted} SMS sent"
    )
    expect(callers <= SENDERS, seen)
    return seen


def _pass_an_hour(house: House) -> None:
    """For the mails that wait: the next try comes."""
    house.count(f"UPDATE notifications_delivery SET next_try_at = next_try_at - interval '1 hour' "
                f"WHERE id IN (SELECT id {WAITING} AND state = 'pending')")  # fmt: skip
