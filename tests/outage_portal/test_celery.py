"""What a worker's process does before its first task, and with one that fails."""

from __future__ import annotations

import gc

import pytest
import structlog
from celery.signals import worker_process_init

from outage_portal.celery import SystemTask, app


def test_what_a_worker_has_loaded_is_not_walked_over_again() -> None:
    before = gc.get_freeze_count()
    try:
        worker_process_init.send(sender=None)
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()


class Failing(SystemTask):
    name = "tests.failing"

    def run(self) -> None:
        raise ConnectionError("x" * 20_000)


def test_what_went_wrong_in_a_task_is_logged_and_does_not_travel_through_the_pool() -> None:
    """A message that the pool's pipe takes in two pieces, between which the broker goes away, costs it a process."""
    task = Failing()
    task.bind(app)
    task.push_request(called_directly=False)
    try:
        with structlog.testing.capture_logs() as said:
            assert task() is None
    finally:
        task.pop_request()
    assert [(line["event"], line["task"]) for line in said] == [("task_failed", "tests.failing")]
    with pytest.raises(ConnectionError):
        task()
