"""The demo's data, told once a module."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from outage_portal.seed.afterwards import keep_up_to_date
from tests.once import Once

REPORTS = 34


@dataclass(frozen=True)
class Told:
    """When the seed ran, and how many reports it filed."""

    now: datetime
    filed: int


@pytest.fixture(scope="module")
def seeded_hours_ago() -> int:
    """How long ago the seed ran; a module may say otherwise."""
    return 0


@pytest.fixture(scope="module")
def told(once: Once, seeded_hours_ago: int) -> Told:
    """A small demo: every story, and a short year. The tests of the module start from it, each for itself."""
    now = timezone.now().replace(microsecond=0) - timedelta(hours=seeded_hours_ago)
    _outcome, filed = once.build(lambda: keep_up_to_date(now=now, reports=REPORTS))
    return Told(now, filed)
