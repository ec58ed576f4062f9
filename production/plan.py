"""The list of steps, and what a step is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import NamedTuple

import requests

from attack.browser import Browser
from faults.process import wait_until
from production.copied import Copy
from production.house import House
from production.people import Town

COMES_WITHIN = 40.0


class Differs(Exception):
    """What was expected is not what is. Its words are what was seen instead."""


@dataclass
class Walk:
    """A house, its people, and what they have in hand.

    `filed`: how many reports there are so far. `upgraded`: when its processes were told to stop.
    """

    house: House
    town: Town
    director: Browser = field(init=False)
    reviewer: Browser = field(init=False)
    copy: Copy = field(init=False)
    reference: str = ""
    filed: int = 1
    upgraded: float = 0.0

    def get(
        self, path: str, headers: Mapping[str, str] | None = None, *, by: Browser | None = None
    ) -> requests.Response:
        """As somebody's browser, or as a stranger's; a redirect is not followed."""
        asked = by or self.house.browser()
        return asked.get(self.house.origin + path, headers=headers, allow_redirects=False)


class Step(NamedTuple):
    """`take` returns what was seen, or raises `Differs`."""

    what: str
    expected: str
    take: Callable[[Walk], str]


STEPS: list[Step] = []


def step(what: str, expected: str) -> Callable[[Callable[[Walk], str]], Callable[[Walk], str]]:
    """Put it on the list, in the order of its file."""

    def listed(take: Callable[[Walk], str]) -> Callable[[Walk], str]:
        STEPS.append(Step(what, expected, take))
        return take

    return listed


def expect(holds: object, seen: str) -> None:
    """It differs unless `holds` is true."""
    if not holds:
        raise Differs(seen)


def expect_soon(holds: Callable[[], object], otherwise: Callable[[], str]) -> None:
    """It differs unless `holds` becomes true."""
    try:
        wait_until(holds, within=COMES_WITHIN)
    except TimeoutError as late:
        raise Differs(otherwise()) from late


def whole_list() -> list[Step]:
    """Every step, one after the other."""
    for theme in ("starting", "walk", "served", "replaced", "machines", "logged"):
        import_module(f"production.{theme}")  # it lists its own
    return STEPS
