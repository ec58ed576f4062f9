"""How the services stand that a reader may know of: her entity's, those it relies on, and for the authority all.

Of another entity's reports nothing is read but what consumers are told of them anyway: that there is one, its times and
its severity (docs/adr/0038). No reference and no word comes from here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from entities.models import DigitalService, ServiceDependency, User
from entities.models.catalogue import DigitalServiceQuerySet
from entities.permissions import Permission
from entities.prepared import Prepared, moment, reader
from entities.row_security import as_system
from incidents.lifecycle import COUNTED, OPEN, TELL_OF_A_SERVICE, ReportKind, Severity, Status
from incidents.models import AffectedService, Report, ReportEvent, SilentOutage
from incidents.models.report import ended
from incidents.severity import Impact
from incidents.spells import History, Level, Span, Spell, parted, window_of
from incidents.states import TONIGHT, reported_states

#: So many services stand on one page; a search finds the others. The authority reads all, and first the worst.
MOST, FIRST = 200, 50
WHOLE = frozenset({Impact.FULL.value, Impact.MAJOR.value})


class Now(models.IntegerChoices):
    """The worst first. `states.ServiceState` with what an owner and the authority know besides."""

    OUTAGE = 0, pgettext_lazy("state of a service", "Outage")
    PARTIAL = 1, _("Partial outage")
    SUSPECTED = 2, _("Suspected outage")
    WORKS = 3, _("Maintenance now")
    PLANNED = 4, _("Maintenance within a day")
    QUIET = 5, _("Nothing reported")

    @property
    def tone(self) -> str:
        return TONES[self]

    @property
    def icon(self) -> str:
        return ICONS[self]


TONES = {
    Now.OUTAGE: "active", Now.PARTIAL: "waiting", Now.SUSPECTED: "waiting", Now.WORKS: "planned",
    Now.PLANNED: "planned", Now.QUIET: "good",
}  # fmt: skip
ICONS = {
    Now.OUTAGE: "zap-off", Now.PARTIAL: "trending-down", Now.SUSPECTED: "circle-help", Now.WORKS: "wrench",
    Now.PLANNED: "calendar-clock", Now.QUIET: "circle-check",
}  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """One service: how it stands, since when, and its ninety days."""

    service: DigitalService
    history: History
    own: bool
    planned: tuple[Span, ...] = ()  # the next window first

    @cached_property
    def going_on(self) -> list[Spell]:
        """What is going on, outages first."""
        return sorted((each for each in self.history.spells if each.goes_on), key=lambda each: each.level)

    @cached_property
    def now(self) -> Now:
        if self.going_on:
            level = self.going_on[0].level
            return {Level.OUTAGE: Now.OUTAGE, Level.PARTIAL: Now.PARTIAL, Level.WORKS: Now.WORKS}[level]
        if self.suspected_since:
            return Now.SUSPECTED
        return Now.PLANNED if self.next and self.next.start <= self.history.at + TONIGHT else Now.QUIET

    @property
    def is_down(self) -> bool:
        return self.now in {Now.OUTAGE, Now.PARTIAL}

    @cached_property
    def spell(self) -> Spell | None:
        """The outage that goes on, else the works."""
        for kind in (self.history.outages, self.history.works):
            if kind and kind[-1].goes_on:
                return kind[-1]
        return None

    @property
    def since(self) -> datetime | None:
        return self.spell.start if self.spell else self.suspected_since if self.now == Now.SUSPECTED else None

    @property
    def expected(self) -> datetime | None:
        """When its owner expects it back, unless that has passed."""
        moment = self.spell.expected if self.spell else None
        return moment if moment and moment > self.history.at else None

    @property
    def next(self) -> Span | None:
        return self.planned[0] if self.planned else None

    @property
    def ours(self) -> str:
        """Our own open report of another's service."""
        return self.service.our_report or ""  # type: ignore[attr-defined]  # annotated, like what follows

    @property
    def alarm(self) -> int | None:
        return self.service.alarm  # type: ignore[attr-defined, no-any-return]

    @property
    def suspected_since(self) -> datetime | None:
        """Since when consumers report it, as far as this reader knows: its owner, the authority, or we reported it."""
        return self.service.alarm_since or self.service.our_report_since  # type: ignore[attr-defined, no-any-return]

    @property
    def stops(self) -> bool:
        """One of our services stops without it."""
        return bool(self.service.stops)  # type: ignore[attr-defined]


# --- Whose state one may know ---------------------------------------------------------------------------------------


def services_with_status(user: User) -> DigitalServiceQuerySet:
    """One's own services and those that they rely on; the authority: all. Each with what one knows besides reports."""
    services = DigitalService.objects.visible_to(user).active().select_related("entity")
    if user.acting is None or not user.may(Permission.REPORT_VIEW):
        return services.none()
    own = user.acting.entity
    if not user.may(Permission.BOARD_VIEW):
        services = services.filter(Q(entity=own) | Q(pk__in=DigitalService.objects.relied_on_by(own).values("pk")))
    needed = ServiceDependency.objects.in_force().hard()
    alarms = SilentOutage.objects.visible_to(user).open().filter(service=OuterRef("pk")).order_by()
    reports = Report.objects.visible_to(user).of(own).filter(kind=ReportKind.CONSUMED_OUTAGE, status__in=OPEN)
    ours = reports.filter(provider_service=OuterRef("pk")).order_by("started_at")
    return services.annotate(
        alarm=Subquery(alarms.values("pk")[:1]),
        alarm_since=Subquery(alarms.values("since")[:1]),
        our_report=Subquery(ours.values("reference")[:1]),
        our_report_since=Subquery(ours.values("started_at")[:1]),
        stops=Exists(
            needed.filter(provider=OuterRef("pk"), consumer__entity=own, consumer__is_active=True)
        ),
    )  # fmt: skip


def standings(user: User, *, words: str = "", at: datetime, most: int = MOST) -> list[Standing]:
    """The worst first; at most one more than `most`, in three queries however many there are."""
    if not user.may(Permission.BOARD_VIEW):
        found = list(services_with_status(user).matching(words)[: most + 1])
    elif words:
        found = list(_the_worst(user, at=at).matching(words)[: most + 1])
    else:
        found = THE_WORST.ask((reader(user), most), lambda: _the_worst(user, at=moment("at"))[: most + 1], at=at)
    rows = standings_of(found, reader=user, at=at)
    return sorted(rows, key=lambda row: (row.now, row.service.tier, row.service.name))


#: What the authority reads of all services.
THE_WORST = Prepared(fixed=True)


def _the_worst(user: User, *, at: datetime) -> DigitalServiceQuerySet:
    """Row security shows the authority every report, so the database may say which are the worst."""
    found = services_with_status(user).annotate(state=reported_states(at=at))
    return found.order_by("state", "tier", "name_ar")


def standings_of(services: Sequence[DigitalService], *, reader: User, at: datetime) -> list[Standing]:
    """Of services that `services_with_status` found."""
    own = reader.acting.entity_id if reader.acting else None
    spells: dict[int, list[Spell]] = defaultdict(list)
    planned: dict[int, list[Span]] = defaultdict(list)
    for service, said in _said_of(services, at=at):
        if isinstance(said, Spell):
            spells[service].append(said)
        elif said.start >= at:
            planned[service].append(said)
    return [
        Standing(
            service,
            History(tuple(spells[service.pk]), at),
            own=service.entity_id == own,
            planned=tuple(sorted(planned[service.pk])),
        )
        for service in services
    ]


# --- What the reports say -------------------------------------------------------------------------------------------

#: Of a report nothing else is read.
COLUMNS = (
    "service_id", "impact", "report_id", "report__kind", "report__status", "report__severity", "report__started_at",
    "report__restored_at", "report__expected_restoration_at", "report__actual_start", "report__actual_end",
    "report__window_start", "report__window_end", "report__extended_until",
)  # fmt: skip


def _said_of(services: Sequence[DigitalService], *, at: datetime) -> Iterator[tuple[int, Spell | Span]]:
    """Each spell of each service, and each window to come. Two queries; one where nothing was opened again."""
    found = _reported(services, at=at)
    with as_system():  # other entities' reports, and of them COLUMNS alone
        rows = list(found)
        gaps = _returns([row["report_id"] for row in rows if row["reopened"]])
    for row in rows:
        if row["report__status"] == Status.SCHEDULED:
            yield row["service_id"], Span(row["report__window_start"], _window_end(row))
        else:
            yield from ((row["service_id"], each) for each in parted(_spell(row), gaps[row["report_id"]]))


def _reported(services: Sequence[DigitalService], *, at: datetime) -> models.QuerySet[AffectedService, dict[str, Any]]:
    """The owners' reports that were open at some time in the window, or are planned: index `report_spells`."""
    reopened = ReportEvent.objects.filter(report=OuterRef("report"), data__move="reopen")
    rows = AffectedService.objects.filter(
        service__in=[service.pk for service in services],
        report__entity__in={service.entity_id for service in services},
        report__entity=F("service__entity"),
        report__kind__in=TELL_OF_A_SERVICE,
        report__status__in=COUNTED,
    )
    rows = rows.alias(ended=ended("report__")).filter(Q(ended__gt=window_of(at).start) | Q(ended__isnull=True))
    found: models.QuerySet[AffectedService, dict[str, Any]]
    found = rows.annotate(reopened=Exists(reopened)).values(*COLUMNS, "reopened")
    return found


def _window_end(row: dict[str, Any]) -> datetime:
    return row["report__extended_until"] or row["report__window_end"]  # type: ignore[no-any-return]


def _spell(row: dict[str, Any]) -> Spell:
    outage = row["report__kind"] == ReportKind.OWN_OUTAGE
    level = Level.WORKS if not outage else Level.OUTAGE if row["impact"] in WHOLE else Level.PARTIAL
    return Spell(
        level,
        Severity(row["report__severity"]),
        start=row["report__started_at"] if outage else row["report__actual_start"] or row["report__window_start"],
        end=row["report__restored_at"] if outage else row["report__actual_end"],
        reports=frozenset({row["report_id"]}),
        expected=row["report__expected_restoration_at"] if outage else _window_end(row),
    )


def _returns(reports: Iterable[int]) -> dict[int, list[Span]]:
    """When the services of outages that were opened again had been back; a return that was undone never was."""
    gaps: dict[int, list[Span]] = defaultdict(list)
    reports = list(reports)
    if not reports:
        return gaps
    moves = ReportEvent.objects.filter(report__in=reports, data__move__in=("restore", "undo_restore", "reopen"))
    back: dict[int, datetime] = {}
    for report, at, data in moves.order_by("report", "seq").values_list("report", "at", "data"):
        if data["move"] == "restore":
            back[report] = datetime.fromisoformat(data["restored_at"])
        elif (since := back.pop(report, None)) and data["move"] == "reopen" and since < at:
            gaps[report].append(Span(since, at))
    return gaps
