"""When all is over: what was acknowledged, what is written down, and what has arrived."""

from __future__ import annotations

from faults.house import House
from faults.plan import Fault, expect
from faults.portal import SENDERS

#: The last pauses run out, and what waited leaves, in seconds.
SETTLES_WITHIN = 420.0
OPEN = "SELECT count(*) FROM notifications_delivery WHERE state IN ('pending', 'leased')"
WAITS = "state = 'pending' AND next_try_at > now()"
#: What waits until its person has room for one mail more, and how that room is made: an hour passes for what was sent.
FULL_NOW = "gathers_until > now()"
FOR_ROOM = f"{WAITS} AND {FULL_NOW}"
#: With them wait those that a sender who died was telling in one of them.
WITH_THEM = f"state = 'leased' AND told_in_id IN (SELECT id FROM notifications_delivery WHERE {FOR_ROOM})"
FULL = f"UPDATE notifications_delivery SET next_try_at = now(), gathers_until = now() WHERE {FOR_ROOM}"
HOUR = "interval '1 hour'"
ROOM = f"UPDATE notifications_delivery SET sent_at = sent_at - {HOUR} WHERE sent_at > now() - {HOUR}"
#: The half minutes and quarters of an hour for which messages wait after a fault pass.
PAUSE = (
    f"UPDATE notifications_delivery SET next_try_at = now() WHERE {WAITS} AND coalesce(gathers_until, now()) <= now()"
)
#: How many mails of the last hour, receipts apart, one person was sent within ten minutes, at most.
FULLEST = """
    SELECT coalesce(max(mails), 0) FROM (
        SELECT count(*) OVER (PARTITION BY d.person_id ORDER BY d.sent_at RANGE interval '10 minutes' PRECEDING) mails
        FROM notifications_delivery d JOIN incidents_reportevent e ON e.id = d.event_id
        JOIN incidents_report r ON r.id = e.report_id JOIN entities_membership m ON m.id = d.membership_id
        WHERE d.channel = 'email' AND d.sent_at > now() - interval '1 hour'
        AND NOT (e.kind = 'FILED' AND m.entity_id = r.entity_id)
    ) lately
"""
#: Five mails, and one that tells of the rest.
MOST = 6
FLOODED = f"{MOST} mails in ten minutes, receipts apart, and one more where two senders count at once"


def receipts_are_reports(house: House) -> str:
    given = sorted({receipt.reference for receipt in house.filing.receipts})
    reports = [reference for (reference,) in house.ask("SELECT reference FROM incidents_report ORDER BY reference")]
    first = house.count("SELECT count(*) FROM incidents_reportevent WHERE kind = 'FILED'")
    seen = f"{len(given)} receipts, {len(reports)} reports, {first} first events; lost: {house.filing.lost or 'none'}"
    expect(given == reports and len(given) == len(house.filing.receipts) == first and not house.filing.lost, seen)
    return seen


def everything_is_told(house: House) -> str:
    events = "SELECT count(*) FROM incidents_reportevent WHERE fanned_out_at IS NULL"
    full = f"SELECT count(*) FROM notifications_delivery WHERE {FOR_ROOM} OR {WITH_THEM}"
    house.a_lease_passes()

    def settled() -> bool:
        if house.count(full) == house.count(OPEN):  # nothing else is on its way
            house.fullest = max(house.fullest, house.count(FULLEST))
            house.count(ROOM)
            house.count(FULL)
        house.count(PAUSE)
        return not house.count(events) and not house.count(OPEN)

    seconds = house.until(settled, "everything told", within=SETTLES_WITHIN)
    states = dict(house.ask("SELECT state, count(*) FROM notifications_delivery GROUP BY 1"))
    events_now, told = house.ask("SELECT count(*), count(fanned_out_at) FROM incidents_reportevent")[0]
    seen = f"{told} of {events_now} events fanned out; deliveries {states}; quiet {seconds:.0f} s after the last fault"
    expect(told == events_now and set(states) <= {"sent", "superseded"}, seen)
    return seen


def nothing_is_missing(house: House) -> str:
    sent = "SELECT id::text FROM notifications_delivery WHERE state = 'sent' AND channel = %s"
    missing = [
        key
        for channel, taken in (("email", house.mail.taken), ("sms", house.sms.taken))
        for (key,) in house.ask(sent, channel)
        if not taken[key]
    ]
    receipts = house.count(
        "SELECT count(*) FROM incidents_reportevent e WHERE kind = 'FILED' AND NOT EXISTS (SELECT FROM "
        "notifications_delivery d JOIN entities_membership m ON m.id = d.membership_id WHERE d.event_id = e.id AND "
        "d.channel = 'email' AND d.state = 'sent' AND m.role = 'DIRECTOR')"
    )
    seen = f"{house.sent()} messages arrived, {len(missing)} missing; {receipts} reports without their receipt by mail"
    expect(not missing and not receipts, seen)
    return seen


def nobody_is_flooded(house: House) -> str:
    """Two senders may count at once before either has written down what it sent."""
    fullest = max(house.fullest, house.count(FULLEST))
    seen = f"at most {fullest} mails to one person within ten minutes, receipts apart"
    expect(fullest <= MOST + SENDERS - 1, seen)
    return seen


def doubled_only_by_death(house: House) -> str:
    twice = house.twice()
    torn = [key for key in house.torn if key in twice]
    # Tried again, it is left out where its person has been sent a summary meanwhile.
    folded = "SELECT count(*) FROM notifications_delivery WHERE id = ANY(%s::uuid[]) AND state = 'superseded'"
    left_out = house.count(folded, [key for key in house.torn if key not in twice])
    seen = (
        f"{len(twice)} doubled, {len(set(twice) - house.orphans)} of them without a death; {house.deaths} senders "
        f"died, {len(house.orphans)} messages in their hands; of {len(house.torn)} killed between sending "
        f"and writing it down {len(torn)} were sent again, {left_out} left out"
    )
    expect(len(twice) <= house.deaths and set(twice) <= house.orphans and len(torn) + left_out == len(house.torn), seen)
    return seen


def no_500(house: House) -> str:
    answers = dict(sorted(house.answers.so_far().items()))
    seen = f"answers by status: {answers}"
    expect(not any(500 <= status < 600 and status not in {503, 507} for status in answers), seen)
    return seen


def history_is_whole(house: House) -> str:
    verified = house.portal.manage("verify_history")
    seen = " ".join((verified.stdout + verified.stderr).split())
    expect(verified.returncode == 0, seen)
    return seen


LEDGER = [
    Fault("Receipts given", "as many reports and first events as receipts", receipts_are_reports, again=False),
    Fault(
        "Everything told", "each event fanned out, each delivery sent or superseded", everything_is_told, again=False
    ),
    Fault("Nothing missing", "whatever is marked as sent has arrived", nothing_is_missing, again=False),
    Fault("Doubled", "only where a process died between sending and stamping", doubled_only_by_death, again=False),
    Fault("Nobody flooded", FLOODED, nobody_is_flooded, again=False),
    Fault("Answers", "503, never 500", no_500, again=False),
    Fault("Histories", "every hash chain is whole", history_is_whole, again=False),
]
