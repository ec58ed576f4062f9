"""The demo's data, told once a module and taken back at its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.test import override_settings
from django.utils import timezone, translation

from outage_portal.seed.afterwards import keep_up_to_date

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
def told(
    seeded_hours_ago: int,
    django_db_setup: None,
    django_db_blocker: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Told]:
    """A small demo: every story, and a short year. The tests of the module start from it, each for itself."""
    now = timezone.now().replace(microsecond=0) - timedelta(hours=seeded_hours_ago)
    media = tmp_path_factory.mktemp("uploads")
    with (
        django_db_blocker.unblock(),
        override_settings(MEDIA_ROOT=media),
        transaction.atomic(),
        translation.override("ar"),
    ):
        _outcome, filed = keep_up_to_date(now=now, reports=REPORTS)
        yield Told(now, filed)
        transaction.set_rollback(True)
