"""The fault drill (`make faults`) is run by .ci/run; here, that its list holds what is promised."""

from __future__ import annotations

from faults.ledger import LEDGER
from faults.plan import whole_list

DRILLED = {
    # workers.py
    "sender_killed_before", "sender_killed_after", "workers_replaced", "web_worker_killed",
    # races.py
    "same_form_twelve_times", "two_reviewers",
    # broker.py, database.py, nafath.py
    "redis_frozen_then_stopped", "postgres_killed", "nafath_hangs",
    # gateways.py, beats.py, disk.py
    "mail_refused", "mail_silent", "two_beats", "beat_stopped", "disk_full",
}  # fmt: skip


def test_each_fault_is_drilled_once() -> None:
    names = [each.name for each in whole_list()]
    assert sorted(names) == sorted(DRILLED)
    assert whole_list() == whole_list()


def test_each_says_what_is_expected() -> None:
    listed = [*whole_list(), *LEDGER]
    assert len({each.title for each in listed}) == len(listed)
    assert all(each.title and each.expected for each in listed)


def test_the_ledger_closes_the_drill() -> None:
    assert [each.name for each in LEDGER] == [
        "receipts_are_reports", "everything_is_told", "nothing_is_missing", "doubled_only_by_death",
        "nobody_is_flooded", "no_500", "history_is_whole",
    ]  # fmt: skip
