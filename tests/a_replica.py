"""A second connection to the test's database, in the place of a copy of it."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator

import pytest
from django.db import connections, router

from entities import replica


@pytest.fixture
def replica_named(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """DATABASE_URL_REPLICA is set, and nobody has looked yet how the copy is."""
    beside = copy.deepcopy(connections[replica.PRIMARY].settings_dict)
    monkeypatch.setitem(connections.settings, replica.REPLICA, beside)
    monkeypatch.setattr(router, "routers", [replica.Router()])
    monkeypatch.setattr(replica, "_known", replica._Known())
    wrapper = connections[replica.REPLICA]

    def ensure_connection() -> None:
        """Django's, which in a test knows of no database that was named in its middle."""
        if wrapper.connection is None:
            with wrapper.wrap_database_errors:
                wrapper.connect()

    monkeypatch.setattr(wrapper, "ensure_connection", ensure_connection)
    yield
    wrapper.close()
    del connections[replica.REPLICA]


@pytest.fixture
def replica_fit(replica_named: None) -> None:
    """It was well a moment ago."""
    replica._known.is_fit, replica._known.until = True, time.monotonic() + 3600
