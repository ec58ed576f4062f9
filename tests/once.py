"""What a module builds once: it stands in a transaction of the module's own, and each test undoes only what it wrote.

All tests of such a module see it, and none may ask for transactions of its own (`transaction=True`, a live server).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings
from django.utils import translation
from pytest_django import DjangoDbBlocker

from tests.conftest import forget

T = TypeVar("T")


@dataclass(frozen=True)
class Once:
    """Builds for the module, and gives each test what was built as if it were new."""

    blocker: DjangoDbBlocker
    uploads: Path

    def build(self, make: Callable[[], T]) -> T:
        """Call it as a test would: with nothing remembered, and with what is deferred checked at its end."""
        forget()
        with self.blocker.unblock(), override_settings(MEDIA_ROOT=self.uploads), translation.override("ar"):
            made = make()
            connection.check_constraints()
        return made

    def again(self, made: T) -> T:
        """For one test: copies of the objects, which it may change, and of the files they name."""
        shutil.copytree(self.uploads, settings.MEDIA_ROOT, dirs_exist_ok=True)
        return deepcopy(made)


@pytest.fixture(scope="module")
def once(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Once]:
    """Opened before the first test of the module and rolled back after its last."""
    with ExitStack() as ends:
        with django_db_blocker.unblock():
            whole = transaction.atomic()
            whole.__enter__()

        @ends.callback
        def roll_back() -> None:
            with django_db_blocker.unblock():
                transaction.set_rollback(True)
                whole.__exit__(None, None, None)

        yield Once(django_db_blocker, tmp_path_factory.mktemp("uploads"))
