"""What a screen of the operations room shows: counts and the first rows of the board, no name of a person, no deed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from entities.models import Membership, User
from entities.permissions import Permission
from entities.row_security import acting_as, as_system
from incidents.board import FOLDED, TABS, Standing, Tile, tiles_of
from incidents.folding import IncidentRow, incident_rows
from incidents.lifecycle import Lane
from incidents.models import Report, WallScreen

#: So many rows stand on a screen of 1080 lines, and are read from the back of the room.
ROWS = 7
#: So many of them are incidents at most: a case of thirty reports takes one row, and leaves room for the others.
INCIDENTS = 3
#: How often it asks, in seconds (templates/incidents/wall/_board.html).
EVERY = 15


@dataclass(frozen=True)
class Wall:
    """As a lead sees the board at one moment."""

    name: str
    at: datetime
    tiles: list[Tile]
    alarms: int
    incidents: list[IncidentRow]
    rows: list[Report]
    more: int


def wall_of(key: str, *, at: datetime) -> Wall | None:
    """What the device with this key shows; None: it was revoked, has run out, or its lead is none any more.

    The key is found by the system; what is shown is read as the lead sees it, under the database's second lock.
    """
    with as_system():
        screen = WallScreen.objects.showing(key, at=at).first() if key else None
        reader = _reader_of(screen) if screen else None
    if screen is None or reader is None:
        return None
    with acting_as(reader):
        standing = Standing.read(reader, at=at)
        found = incident_rows(TABS[0], user=reader, at=at) if standing.grouped else []
        incidents = found[:INCIDENTS]
        live = Report.objects.visible_to(reader).for_board(at=at).filter(TABS[0].holds(at)).exclude(FOLDED)
        rows = list(live.on_the_board()[: ROWS - len(incidents)])
        apart = Report.objects.visible_to(reader).filter(lane__lte=Lane.PLANNED).exclude(FOLDED).count() if rows else 0
    more = len(found) - len(incidents) + apart - len(rows)
    return Wall(screen.name, at, tiles_of(standing), len(standing.lines), incidents, rows, more)


def _reader_of(screen: WallScreen) -> User | None:
    membership = Membership.objects.usable().filter(pk=screen.reader_id).select_related("user", "entity").first()
    if membership is None:
        return None
    membership.user.acting = membership
    return membership.user if membership.user.may(Permission.REPORT_LEAD) else None
