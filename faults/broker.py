"""Redis, which is a doorbell and no mailbox."""

from __future__ import annotations

from faults.filing import median
from faults.house import House
from faults.plan import expect, fault


@fault(
    "Redis frozen, then stopped, while 200 reports are filed, then started empty",
    expected="a form takes what it always takes; all is told once Redis is back",
)
def redis_frozen_then_stopped(house: House) -> str:
    before, restarts = house.answers.so_far(), house.portal.restarts
    house.redis.freeze()
    try:
        frozen = house.filing.wait_for(100)
        house.redis.kill()
        stopped = house.filing.wait_for(100)
    finally:
        house.redis.kill()
        house.redis.start()
    waiting = house.count("SELECT max(id) FROM incidents_reportevent")
    told = "SELECT count(*) FROM incidents_reportevent WHERE fanned_out_at IS NULL AND id <= %s"
    seconds = house.until(lambda: not house.count(told, waiting), "told after Redis is back", within=90)
    others = house.answers.others(before, 302)
    seen = (
        f"{median(frozen) * 1000:.0f} ms frozen, {median(stopped) * 1000:.0f} ms stopped, "
        f"{house.healthy * 1000:.0f} ms before; told {seconds:.0f} s after its return, "
        f"background processes that ended and were started again: {house.portal.restarts - restarts}; "
        f"other answers: {others or 'none'}"
    )
    expect(house.as_ever(frozen) and house.as_ever(stopped) and not others, seen)
    return seen
