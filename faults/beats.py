"""The clock of the background work: two of it, none of it."""

from __future__ import annotations

from faults.house import House
from faults.people import ALL, WHOLLY_DOWN
from faults.plan import expect, fault
from faults.portal import SENDERS

REPORTS = WHOLLY_DOWN * ALL
#: Mails in ten minutes, then one summary; SMS in fifteen, then one (domain/lifecycle.md, Reminders). Senders that work
#: at the same moment may each find the last place free.
MOST_MAILS, MOST_SMS = 6 + SENDERS - 1, 4 + SENDERS - 1
SWEEP = "record_due_reminders"
REMINDED = "FROM incidents_reportevent e WHERE e.kind = 'REMINDED'"
DELIVERIES = f"{REMINDED.replace('WHERE', 'JOIN notifications_delivery d ON d.event_id = e.id WHERE')}"


@fault("Two beats at once", expected="nothing is told twice")
def two_beats(house: House) -> str:
    twice, before = house.explained(), house.sent()
    house.portal.add_beat()
    try:
        house.filing.wait_for(20)
        house.until(lambda: house.sent() >= before + 20, "twenty messages under two beats")
    finally:
        house.portal.beats.pop().stop()
    doubled = set(house.twice()) - twice
    seen = f"{house.sent() - before} messages, {len(doubled)} doubled"
    expect(not doubled, seen)
    return seen


@fault(
    "Beat stopped for two hours of clock time, then started",
    expected="one catch-up message a clock, and no flood for anybody",
    again=False,
)
def beat_stopped(house: House) -> str:
    house.portal.stop_beats()
    house.until(lambda: not house.redis.messages(SWEEP), "the last sweep that beat had asked for has ended")
    chosen = "SELECT id FROM incidents_report WHERE acknowledged_at IS NULL ORDER BY severity, entity_id LIMIT %s"
    reports = [pk for (pk,) in house.ask(chosen, REPORTS)]
    moved = ", ".join(
        f"{column} = {column} - interval '2 hours'" for column in ("started_at", "due_at", "next_mark_at")
    )
    clocks = house.count(f"UPDATE incidents_clock SET {moved} WHERE report_id = ANY(%s) AND met_at IS NULL", reports)
    house.count("UPDATE notifications_delivery SET sent_at = sent_at - interval '2 hours' WHERE sent_at IS NOT NULL")
    due = "SELECT count(*) FROM incidents_clock WHERE report_id = ANY(%s) AND met_at IS NULL AND next_mark_at <= now()"
    owed = house.count(due, reports)
    house.portal.add_beat()
    seconds = house.until(lambda: not house.count(due, reports), "the clocks caught up", within=60)
    house.until(lambda: not house.count(f"SELECT count(*) {REMINDED} AND fanned_out_at IS NULL"), "the reminders told")
    spoke = dict(house.ask(f"SELECT clock_id, count(*) {REMINDED} AND report_id = ANY(%s) GROUP BY 1", reports))
    inboxes = house.count(f"SELECT count(DISTINCT e.clock_id) {DELIVERIES} AND d.channel = 'in_app'")
    mails, texts = _most_heard(house)
    seen = (
        f"{clocks} clocks of {len(reports)} reports, {owed} of them due: {len(spoke)} spoke, at most "
        f"{max(spoke.values(), default=0)} x, within {seconds:.0f} s, {inboxes} into an inbox; "
        f"at most {mails} mails and {texts} SMS a person"
    )
    once = 0 < owed == len(spoke) == sum(spoke.values()) <= inboxes
    expect(once and 0 < mails <= MOST_MAILS and texts <= MOST_SMS, seen)
    return seen


def _most_heard(house: House) -> tuple[int, int]:
    """The most mails and the most SMS that anybody was sent by the reminders, once all are sent or wait for room."""
    waiting = f"SELECT count(*) {DELIVERIES} AND d.state IN ('pending', 'leased') AND d.gathers_until IS NULL"
    house.until(lambda: not house.count(waiting), "the reminders sent", within=240)
    heard = house.ask(f"SELECT d.channel, d.person_id, count(*) {DELIVERIES} AND d.state = 'sent' GROUP BY 1, 2")
    most = {name: max((n for channel, _, n in heard if channel == name), default=0) for name in ("email", "sms")}
    return most["email"], most["sms"]
