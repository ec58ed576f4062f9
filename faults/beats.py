"""The clock of the background work: two of it, none of it."""

from __future__ import annotations

from faults.house import House
from faults.plan import expect, fault

REPORTS = 60
#: Mails in ten minutes, then one summary; SMS in fifteen, then one (domain/lifecycle.md, Reminders).
MOST_MAILS, MOST_SMS = 6, 4


@fault("Two beats at once", expected="nothing is told twice")
def two_beats(house: House) -> str:
    twice, before = set(house.twice()), house.sent()
    house.portal.add_beat()
    try:
        house.filing.wait_for(40)
        house.until(lambda: house.sent() >= before + 20, "twenty messages under two beats")
    finally:
        house.portal.beats.pop().stop()
    doubled = set(house.twice()) - twice - set(house.torn)
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
    reports = [pk for (pk,) in house.ask(
        "SELECT id FROM incidents_report WHERE acknowledged_at IS NULL AND status = 'SUBMITTED' "
        "ORDER BY id LIMIT %s", REPORTS,
    )]  # fmt: skip
    clocks = house.count(
        "UPDATE incidents_clock SET started_at = started_at - interval '2 hours', due_at = due_at - interval '2 hours', "
        "next_mark_at = next_mark_at - interval '2 hours' WHERE report_id = ANY(%s) AND met_at IS NULL",
        reports,
    )
    due = "SELECT count(*) FROM incidents_clock WHERE report_id = ANY(%s) AND met_at IS NULL AND next_mark_at <= now()"
    owed = house.count(due, reports)
    house.portal.add_beat()
    seconds = house.until(lambda: not house.count(due, reports), "the clocks caught up", within=60)
    said = dict(house.ask(
        "SELECT clock_id, count(*) FROM incidents_reportevent WHERE kind = 'REMINDED' AND report_id = ANY(%s) GROUP BY 1",
        reports,
    ))  # fmt: skip
    told = "SELECT count(*) FROM incidents_reportevent WHERE kind = 'REMINDED' AND fanned_out_at IS NULL"
    house.until(lambda: not house.count(told), "the reminders fanned out")
    heard = {(channel, who): n for channel, who, n in house.ask(
        "SELECT d.channel, d.person_id, count(*) FROM notifications_delivery d JOIN incidents_reportevent e "
        "ON e.id = d.event_id WHERE e.kind = 'REMINDED' AND d.state = 'sent' AND d.channel <> 'in_app' GROUP BY 1, 2",
    )}  # fmt: skip
    most = {channel: max((n for (c, _), n in heard.items() if c == channel), default=0) for channel in ("email", "sms")}
    seen = (
        f"{clocks} clocks of {len(reports)} reports moved, {owed} due: {len(said)} spoke, at most {max(said.values(), default=0)} x, "
        f"within {seconds:.0f} s; at most {most['email']} mails and {most['sms']} SMS a person"
    )
    once = owed > 0 and len(said) == owed and set(said.values()) == {1}
    expect(once and most["email"] <= MOST_MAILS and most["sms"] <= MOST_SMS, seen)
    return seen
