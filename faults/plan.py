"""The list of faults, and what a fault is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faults.house import House

Drill = Callable[["House"], str]


class Broken(Exception):
    """The promise did not hold. Its words are what was seen instead."""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong while people file; `drill` brings it about, puts it right and says what was seen.

    One that comes `again` is drilled round after round, until as many reports are filed as were asked for.
    """

    title: str
    expected: str
    drill: Drill
    again: bool

    @property
    def name(self) -> str:
        return self.drill.__name__


FAULTS: list[Fault] = []


def fault(title: str, *, expected: str, again: bool = True) -> Callable[[Drill], Drill]:
    """Put the drill on the list, in the order of its file."""

    def listed(drill: Drill) -> Drill:
        FAULTS.append(Fault(title, expected, drill, again))
        return drill

    return listed


def expect(holds: object, seen: str) -> None:
    """The promise is broken unless `holds` is true."""
    if not holds:
        raise Broken(seen)


def whole_list() -> list[Fault]:
    """Every fault, theme by theme; senders die first, so that their leases run out while others are drilled."""
    for theme in ("workers", "races", "broker", "database", "nafath", "gateways", "beats", "disk"):
        import_module(f"faults.{theme}")  # it lists its own
    return FAULTS
