"""What `make bench` fails for, by hand and in CI (docs/adr/0045). The bench itself is run by `.ci/run`."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from bench import __main__ as bench
from tests.marks import postgresql


def a_line(name: str = "filing, the POST", value: float = 3.0, **more: Any) -> dict[str, Any]:
    return {
        "reports": 10,
        "name": name,
        "value": value,
        "unit": "x",
        "bar": "≤ 2",
        "holds": False,
        "absolute": False,
        **more,
    }


@pytest.fixture
def ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "EVERYTHING", False)
    monkeypatch.setattr(bench, "KNOWN", {"board": 2.5})


def test_by_hand_every_bar_that_does_not_hold_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "EVERYTHING", True)
    monkeypatch.setattr(bench, "KNOWN", {"board": 2.5})
    assert bench._counts(a_line("board", 2.1)) and bench._counts(a_line(absolute=True))


def test_in_ci_what_the_machine_decides_fails_nothing(ci: None) -> None:
    assert bench._counts(a_line())
    assert not bench._counts(a_line(absolute=True))


def test_in_ci_what_is_known_to_be_over_fails_when_it_gets_worse(ci: None) -> None:
    assert not bench._counts(a_line("board", 2.5))
    assert bench._counts(a_line("board", 2.6))


def test_the_largest_size_is_held_against_the_smallest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "SIZES", [10, 1000])
    monkeypatch.setattr(bench, "FLAT", {"board": 1.15})
    (flat,) = bench._flat([a_line("board", 2.0), a_line("board", 2.4, reports=1000)])
    assert (flat["reports"], flat["value"], flat["holds"]) == (1000, 1.2, False)


def test_one_size_has_nothing_to_be_held_against(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "SIZES", [10])
    assert not list(bench._flat([a_line("board", 2.0)]))


@pytest.mark.wide
@pytest.mark.django_db
@postgresql
def test_postgresql_compiles_no_query_of_ours() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)
