"""The list of attacks, and what an attack is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attack.house import House

Attempt = Callable[["House"], str]


class GotThrough(Exception):
    """The defence did not hold. Its words are what the attacker now has."""


@dataclass(frozen=True)
class Attack:
    """Something tried on a house that signs people in by `adapter`; the attempt returns what happened instead."""

    title: str
    adapter: str
    attempt: Attempt
    last: bool = False  # it leaves the house otherwise than the others need it

    @property
    def name(self) -> str:
        return self.attempt.__name__


ATTACKS: list[Attack] = []


def attack(title: str, *, adapter: str = "simulator", last: bool = False) -> Callable[[Attempt], Attempt]:
    """Put the attempt on the list, in the order of the files; or behind the others."""

    def listed(attempt: Attempt) -> Attempt:
        ATTACKS.append(Attack(title, adapter, attempt, last))
        return attempt

    return listed


def refused(answer: object, *, unless: str) -> None:
    """The attack has got through unless `answer` is true."""
    if not answer:
        raise GotThrough(unless)


def whole_list() -> list[Attack]:
    """Every attack, those of one adapter together: a house is opened once for them."""
    from attack import app, doors, everywhere, feeds, night, tokens, walls, words  # noqa: F401 (they put themselves on the list)

    return sorted(ATTACKS, key=lambda each: (each.adapter, each.last))
