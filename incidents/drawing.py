"""Where each box of a service's map stands and how the lines run, in pixels of its SVG; mirrored from right to left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from entities.models.graph import Blast
from incidents.relations import Box, Neighbour, Relations, Side, near_of

WIDTH, HEIGHT, GAP, PITCH, TOP, MARGIN = 168, 76, 52, 90, 36, 8
#: Over the columns of a side, the nearest first.
HEADINGS: dict[str, tuple[Promise, ...]] = {
    "provider": (_("Relies on"), _("Through one other"), _("Further away")),
    "consumer": (_("Relied on by"), _("Through one other"), _("Further away")),
}


@dataclass(frozen=True)
class Place:
    """A box with its upper left corner; `rest` instead of a box: so many are only counted; neither: the service."""

    x: int
    y: int
    box: Box | None = None
    rest: Blast | None = None
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True)
class Line:
    """A path between two boxes: hard, soft or denied."""

    path: str
    kind: str


@dataclass(frozen=True)
class Heading:
    x: int
    words: str | Promise


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    places: tuple[Place, ...]
    lines: tuple[Line, ...]
    headings: tuple[Heading, ...]


def draw(relations: Relations, *, mirrored: bool) -> Drawing:
    """What is upstream first, then the service, then what is downstream."""
    before, after = _columns(relations.upstream), _columns(relations.downstream)
    columns: list[list[Box | Blast | None]] = [*reversed(before), [None], *after]
    tallest = max(len(column) for column in columns)
    width = len(columns) * WIDTH + (len(columns) - 1) * GAP + 2 * MARGIN
    at: dict[int, Place] = {}  # by the box
    places: list[list[Place]] = []
    for number, column in enumerate(columns):
        x = MARGIN + number * (WIDTH + GAP)
        x = width - x - WIDTH if mirrored else x
        y = TOP + (tallest - len(column)) * PITCH // 2
        places.append([_place(content, x, y + row * PITCH) for row, content in enumerate(column)])
        at |= {id(place.box): place for place in places[-1] if place.box}
    middle = places[len(before)][0]
    sides = ((relations.upstream, places[: len(before)][::-1]), (relations.downstream, places[len(before) + 1 :]))
    return Drawing(
        width,
        TOP + tallest * PITCH,
        places=tuple(place for column in places for place in column),
        lines=tuple(line for side, _places in sides for line in _lines(side, middle, at)),
        headings=tuple(heading for side, column in sides for heading in _headings(side, column)),
    )


def _columns(side: Side) -> list[list[Box | Blast | None]]:
    columns: list[list[Box | Blast | None]] = [list(column) for column in side.columns]
    if side.rest.services:
        columns.append([side.rest])
    return columns


def _place(content: Box | Blast | None, x: int, y: int) -> Place:
    if isinstance(content, Blast):
        return Place(x, y, rest=content)
    return Place(x, y, box=content)


def _headings(side: Side, columns: list[list[Place]]) -> Iterator[Heading]:
    for number, column in enumerate(columns):
        words = HEADINGS[side.to][min(number, len(HEADINGS[side.to]) - 1)]
        if column[0].rest and number:
            words = _("Further away")
        yield Heading(column[0].x + WIDTH // 2, words)


def _lines(side: Side, middle: Place, at: dict[int, Place]) -> Iterator[Line]:
    """From each box to those one column nearer; inside a column nothing is drawn, and the list says it."""
    nearer: dict[int, Place] = {}
    for number, column in enumerate(side.columns):
        here: dict[int, Place] = {}
        for box in column:
            place = at[id(box)]
            ends: dict[int, list[Neighbour]] = {}
            for member in box.members:
                here[member.service.pk] = place
                for link in member.links:
                    end = middle if number == 0 else nearer.get(near_of(link, side.to))
                    if end is not None:
                        ends.setdefault(id(end), []).append(member)
            known = {id(each): each for each in (middle, *nearer.values())}
            yield from (Line(_path(known[key], place), _kind(members)) for key, members in ends.items())
        nearer = here


def _kind(members: list[Neighbour]) -> str:
    if all(each.denied for each in members):
        return "denied"
    return "hard" if any(each.hard and not each.denied for each in members) else "soft"


def _path(one: Place, other: Place) -> str:
    left, right = sorted((one, other), key=lambda place: place.x)
    start, end = (left.x + WIDTH, left.y + HEIGHT // 2), (right.x, right.y + HEIGHT // 2)
    half = (start[0] + end[0]) // 2
    return f"M{start[0]} {start[1]} C{half} {start[1]} {half} {end[1]} {end[0]} {end[1]}"
