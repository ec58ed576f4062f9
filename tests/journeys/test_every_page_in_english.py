"""The same in English, in a file of its own: each of the two takes minutes, and they run beside each other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.journeys.conftest import Visitor
from tests.journeys.town import Town, built, every_page

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def town() -> Town:
    return built()


def test_every_page_is_open_to_everyone(town: Town, visit: Callable[..., Visitor]) -> None:
    assert every_page(town, visit, "en") == []
