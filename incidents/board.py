"""What the reviewers' board reads: its slices, what its tiles count, its rows, and what is new since a token.

Source of the order and of the first tile: domain/lifecycle.md, "The board's order".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, IntegerField, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, pgettext_lazy

from entities.models import Membership, User
from entities.prepared import Prepared, moment, reader
from incidents.gathering import Gathered
from incidents.lifecycle import ENDED, PAPERWORK, Lane, ReportKind, Severity, Status
from incidents.models import BoardView, Report, ReportEvent, Tag
from incidents.models.report_query import ReportQuerySet
from incidents.silent import Line, alarms_number, gathered_lines, lines_of

COUNTED = 999  # a tile says "999+" beyond
SOON = timedelta(hours=72)
#: Commits land out of order: what was recorded less than this ago may still have an older neighbour on its way.
SETTLED_AFTER = timedelta(seconds=30)
ACKNOWLEDGEMENT = "acknowledgement"
#: Whoever follows a report that is in the pool.
NOBODY = "nobody"
NEW, CHANGED = "new", "changed"
TAGS_SHOWN = 3


@dataclass(frozen=True)
class Slice:
    """A part of the board that a tab or a tile opens: the list it shows is the list it counts."""

    code: str
    label: Promise
    holds: Callable[[datetime], Q]
    statuses: tuple[Status, ...]
    tone: str = ""
    folds: bool = False  # reports of an incident that go on are one row, and count once


#: Under an incident, and going on: what its one row on the board stands for. Paperwork is each report's own.
FOLDED = Q(incident__isnull=False, lane__lte=Lane.OPEN)
_LIVE = (Status.SUBMITTED, Status.ACTIVE, Status.SCHEDULED, Status.IN_PROGRESS)
_PAPERWORK = tuple(status for status in Status if status in PAPERWORK)
_ENDED = tuple(status for status in Status if status in ENDED)
_OWING = (Status.RESTORED, Status.COMPLETED, Status.REVISION)

TABS = (
    Slice("live", pgettext_lazy("board", "Live"), lambda at: Q(lane__lte=Lane.PLANNED), _LIVE, folds=True),
    Slice(
        "paperwork",
        pgettext_lazy("board", "Paperwork"),
        lambda at: Q(lane=Lane.PAPERWORK),
        (*_PAPERWORK, Status.CLOSED),
    ),
    Slice("ended", pgettext_lazy("board", "Ended"), lambda at: Q(lane=Lane.ENDED), _ENDED),
)
TILES = (
    Slice(
        "late",
        gettext_lazy("Late on our side"),
        lambda at: Q(lane__lt=Lane.ENDED, authority_due_at__lt=at),
        (*_LIVE, *_PAPERWORK),
        "bad",
        folds=True,
    ),
    Slice(
        "new",
        gettext_lazy("Awaiting acknowledgement"),
        lambda at: Q(lane__lte=Lane.OPEN, status=Status.SUBMITTED),
        (Status.SUBMITTED,),
        "waiting",
        folds=True,
    ),
    Slice(
        "followed",
        gettext_lazy("Outages being followed"),
        lambda at: Q(lane__lte=Lane.OPEN, status=Status.ACTIVE),
        (Status.ACTIVE,),
        "bad",
        folds=True,
    ),
    Slice(
        "maintenance",
        gettext_lazy("Maintenance within 72 h"),
        lambda at: Q(lane=Lane.PLANNED) & (Q(status=Status.IN_PROGRESS) | Q(window_start__lte=at + SOON)),
        (Status.SCHEDULED, Status.IN_PROGRESS),
        "planned",
    ),
    Slice(
        "final",
        gettext_lazy("Final reports owed"),
        lambda at: Q(lane=Lane.PAPERWORK, status__in=_OWING) & ~Q(kind=ReportKind.CONSUMED_OUTAGE),
        _OWING,
        "due",
    ),
)
SLICES = {part.code: part for part in (*TABS, *TILES)}


# --- Counts and the token -----------------------------------------------------------------------------------


class CountUpTo(Subquery):
    """How many rows a sliced queryset holds: the database stops counting where the slice ends."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()
    empty_result_set_value = 0


@dataclass(frozen=True)
class Standing:
    """How the board stands: what the tiles count, and the newest event this reader has surely seen."""

    counts: dict[str, int]
    token: int
    alarms: int  # what the suspected outages are told apart by; 0 while there is none
    lines: list[Line]  # those outages
    grouped: bool  # some reports are folded under an incident
    views: list[dict[str, Any]]  # the saved ones, see BoardView.of_the_board
    tags: list[str]

    @classmethod
    def read(cls, user: User, *, at: datetime) -> Standing:
        """One row, one query; every count reads the partial index of open reports and ends at `COUNTED` + 1."""
        (row,) = STANDING.ask(reader(user), lambda: _standing_of(user), at=at)
        counts = {name: row[name] for name in (*(part.code for part in TILES), "critical")}
        return cls(
            counts, row["token"] or 0, row["alarms"], lines_of(row["lines"]), row["grouped"], row["views"] or [],
            row["tags"] or [],
        )  # fmt: skip

    @property
    def default_view(self) -> str | None:
        """The filter that the board opens with, if its reader has chosen one."""
        return next((view["query"] for view in self.views if view["default"]), None)


#: Asked by every look at the board.
STANDING = Prepared(fixed=True)


def _standing_of(user: User) -> QuerySet[Membership, dict[str, Any]]:
    """All of it for this reader, as of the moment `at`."""
    at = moment("at")
    reports = Report.objects.visible_to(user).order_by()
    conditions = {part.code: part.holds(at) for part in TILES}
    conditions["critical"] = conditions["followed"] & Q(lane=Lane.URGENT, severity=Severity.S1)
    folding = {part.code for part in TILES if part.folds} | {"critical"}
    settled = ReportEvent.objects.visible_to(user).filter(recorded_at__lte=at - SETTLED_AFTER)
    asked = {
        "token": Subquery(settled.order_by("-pk").values("pk")[:1]),
        "alarms": alarms_number(user),
        "lines": gathered_lines(user),
        "grouped": Exists(reports.filter(FOLDED)),
        **{name: _count(reports.filter(condition), name in folding) for name, condition in conditions.items()},
        "views": Gathered(BoardView.objects.visible_to(user).of_the_board(user)),
        "tags": Gathered(Tag.objects.visible_to(user).of_the_board()),
    }
    own = Membership.objects.filter(pk=user.acting.pk if user.acting else 0)
    found: QuerySet[Membership, dict[str, Any]] = own.annotate(**asked).values(*asked)
    return found


def _count(reports: ReportQuerySet, folds: bool) -> Combinable | CountUpTo:
    """How many rows they make; what stands under one incident makes one."""
    if not folds:
        return CountUpTo(reports.values("pk")[: COUNTED + 1])
    incidents = reports.filter(FOLDED).values("incident").distinct()
    return CountUpTo(reports.exclude(FOLDED).values("pk")[: COUNTED + 1]) + CountUpTo(incidents[: COUNTED + 1])


@dataclass(frozen=True)
class Tile:
    """A count that is a link."""

    part: Slice
    count: int
    critical: int = 0

    @property
    def words(self) -> str:
        return f"{COUNTED}+" if self.count > COUNTED else str(self.count)

    @property
    def tone(self) -> str:
        """Nothing late is good news; the other tiles keep their colour."""
        return "good" if self.part.code == "late" and not self.count else self.part.tone


def tiles_of(standing: Standing) -> list[Tile]:
    """The tiles in their order; what is late on the authority's side stands first."""
    critical = {"followed": standing.counts["critical"]}
    return [Tile(part, standing.counts[part.code], critical.get(part.code, 0)) for part in TILES]


# --- Rows ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A report on the board, with what its reader may do to it there. Names are escaped once: a row says them often."""

    report: Report
    reference: SafeString
    service: SafeString
    entity: SafeString
    reviewer: SafeString  # empty: nobody follows it
    initials: SafeString
    late: bool
    may_acknowledge: bool
    may_assign: bool
    silent: bool = False  # the entity's next update is late by half its time
    tags: tuple[SafeString, ...] = ()
    more_tags: SafeString | str = ""  # those beyond the first few, in one text
    changed: str = ""  # since the reader's last look: NEW, or CHANGED by somebody else
    hides: bool = False  # the authority is late here too, behind something that the entity owes sooner
    undo: str = ""  # offered to whoever has just acted: ACKNOWLEDGEMENT, or who followed the report before
    refusal: str = ""

    @classmethod
    def of(cls, report: Report, *, user: User, at: datetime, since: datetime | None = None) -> Row:
        moves = report.moves_for(user)
        reviewer = report.reviewer
        tags = [conditional_escape(label) for label in report.tags or []]  # type: ignore[attr-defined]  # annotated
        return cls(
            report,
            reference=conditional_escape(report.reference),
            service=conditional_escape(report.main_service.name),
            entity=conditional_escape(report.entity.name),
            reviewer=conditional_escape(reviewer.name if reviewer else ""),
            initials=conditional_escape(reviewer.initials if reviewer else ""),
            late=report.is_late(at=at),
            silent=report.silent,  # type: ignore[attr-defined]  # annotated
            tags=tuple(tags[:TAGS_SHOWN]),
            more_tags=SafeString(", ".join(tags[TAGS_SHOWN:])),
            changed=_changed(report, since),
            hides=report.is_late_on_authority(at=at) and not report.waits_on_authority,
            may_acknowledge="acknowledge" in moves and report.acknowledged_at is None,
            may_assign="assign" in moves,
        )


def _changed(report: Report, since: datetime | None) -> str:
    if since is None or not report.changed:  # type: ignore[attr-defined]  # annotated
        return ""
    return NEW if report.submitted_at and report.submitted_at > since else CHANGED
