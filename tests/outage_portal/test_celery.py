"""What a worker's process does before its first task."""

from __future__ import annotations

import gc

from celery.signals import worker_process_init

import outage_portal.celery  # noqa: F401  # listens


def test_what_a_worker_has_loaded_is_not_walked_over_again() -> None:
    before = gc.get_freeze_count()
    try:
        worker_process_init.send(sender=None)
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
