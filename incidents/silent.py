"""When consumers report a service and its owner says nothing: what is counted, and what the alarm says of it (A1).

Every figure is of distinct entities. What is read here is other tenants': the caller works `as_system`, and only counts
come out. Source: domain/lifecycle.md, A1; docs/adr/0035.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import BigIntegerField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, JSONObject
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from entities.models import DigitalService, Entity, Notice, ServiceDependency, User
from entities.permissions import Permission
from entities.templatetags.moments import stretch
from incidents.choices import called
from incidents.clocks import Rules
from incidents.gathering import Gathered, read_moment
from incidents.lifecycle import OPEN, ReportKind, Status
from incidents.models import AffectedService, Report, SilentOutage
from incidents.models.report_query import ReportQuerySet

#: So many reports of one service are read; more would change no alarm.
MOST = 500
#: So many alarms stand on the board; the rest wait for room.
SHOWN = 20
#: The owner took its report back, or it was none: of the service it has said nothing.
UNSAID = (Status.WITHDRAWN, Status.NOT_REPORTABLE)


# --- What is counted ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ground:
    """How a service stands before its consumers are counted."""

    service: DigitalService
    active: bool  # it and its owner are in the catalogue still
    alarm: int | None  # the key of the open one
    opened_at: datetime | None
    minutes: int | None  # the open one's window
    reported: str  # the owner's open report
    works: bool  # the owner's maintenance goes on
    heard_at: datetime | None  # the owner's, or the authority's, last word: what was reported before it is answered
    consumers: int  # distinct entities that report it in the longest window, answered or not

    @property
    def quiet_because(self) -> SilentOutage.Closed | None:
        """What ends an alarm, and lets none be raised, whatever consumers report."""
        if self.reported:
            return SilentOutage.Closed.OWNER_FILED
        if self.works:
            return SilentOutage.Closed.PLANNED
        return None if self.active else SilentOutage.Closed.RETIRED

    def counts_from(self, *, at: datetime, minutes: int) -> datetime:
        """Since when reports count: the window, from where it began for an alarm that is open."""
        begin = (self.opened_at or at) - timedelta(minutes=self.minutes or minutes)
        return max(begin, self.heard_at) if self.heard_at else begin


def ground_of(service: int, *, at: datetime, rules: Rules) -> Ground | None:
    """One query; None for a service that the catalogue does not hold, which has no owner to wake."""
    recent = open_reports(since=at - timedelta(minutes=_widest(rules))).filter(provider_service=OuterRef("pk"))
    counted = recent.order_by().values("provider_service").annotate(n=Count("entity", distinct=True)).values("n")
    said = Report.objects.filter(entity=OuterRef("entity"), services=OuterRef("pk")).order_by()
    outages = said.filter(kind=ReportKind.OWN_OUTAGE)
    works = said.filter(kind=ReportKind.MAINTENANCE)
    alarms = SilentOutage.objects.filter(service=OuterRef("pk")).order_by()
    ended = alarms.filter(closed_at__isnull=False)
    unheard = Q(closed_because=SilentOutage.Closed.OWNER_FILED, report__status__in=UNSAID)
    words = (
        (ended.exclude(unheard), "closed_at"),
        (outages.exclude(status__in=UNSAID).filter(restored_recorded_at__isnull=False), "restored_recorded_at"),
        (works.filter(actual_end__isnull=False), "actual_end"),
    )
    newest = {name: Subquery(rows.order_by(f"-{name}").values(name)[:1]) for rows, name in words}
    opened = {f"alarm_{name}": Subquery(alarms.open().values(name)[:1]) for name in ("pk", "opened_at", "minutes")}
    found = (
        DigitalService.objects.listed()
        .filter(pk=service)
        .annotate(
            owner_active=F("entity__is_active"),
            owner_reported=Subquery(outages.filter(status__in=OPEN).values("reference")[:1]),
            owner_works=Exists(works.filter(status=Status.IN_PROGRESS)),
            consumers=Coalesce(Subquery(counted), 0),
            **{f"last_{name}": word for name, word in newest.items()},
            **opened,
        )
    )
    row = found.first()
    if row is None:
        return None
    heard = [moment for name in newest if (moment := getattr(row, f"last_{name}"))]
    return Ground(
        service=row,
        active=row.is_active and row.owner_active,  # type: ignore[attr-defined]  # annotated, like what follows
        alarm=row.alarm_pk,  # type: ignore[attr-defined]
        opened_at=row.alarm_opened_at,  # type: ignore[attr-defined]
        minutes=row.alarm_minutes,  # type: ignore[attr-defined]
        reported=row.owner_reported or "",  # type: ignore[attr-defined]
        works=row.owner_works,  # type: ignore[attr-defined]
        heard_at=max(heard, default=None),
        consumers=row.consumers,  # type: ignore[attr-defined]
    )


@dataclass(frozen=True)
class Reported:
    """What consumers report of a service."""

    reports: tuple[Report, ...]

    @cached_property
    def entities(self) -> set[int]:
        return {report.entity_id for report in self.reports}

    @property
    def consumers(self) -> int:
        return len(self.entities)

    @property
    def since(self) -> datetime:
        return min(report.began_at for report in self.reports)

    @property
    def severity(self) -> int:
        return min(report.severity for report in self.reports)

    @property
    def symptoms(self) -> list[list[str | int]]:
        """Each code with how many reports name it, the most named first."""
        named = Counter(code for report in self.reports for code in report.symptom)
        return [[code, n] for code, n in sorted(named.items(), key=lambda pair: (-pair[1], pair[0]))]


def open_reports(*, since: datetime) -> ReportQuerySet:
    """Open reports of consumed services that were filed from then on."""
    return Report.objects.open_outages().filter(kind=ReportKind.CONSUMED_OUTAGE, submitted_at__gte=since)


def reported_of(ground: Ground, *, since: datetime) -> Reported:
    """What is reported of the service since then; bounded, one query."""
    found = open_reports(since=since).filter(provider_service=ground.service.pk)
    columns = ("kind", "entity_id", "severity", "symptom", "started_at", "submitted_at")
    return Reported(tuple(found.only(*columns).order_by("submitted_at")[:MOST]))


def relying_on(service: DigitalService) -> int:
    """Distinct other entities of which an active service relies on it."""
    links = ServiceDependency.objects.in_force().filter(provider=service, consumer__is_active=True)
    counted = links.exclude(consumer__entity=service.entity_id).aggregate(n=Count("consumer__entity", distinct=True))
    return int(counted["n"])


def common_upstream(service: DigitalService, *, consumers: Iterable[int]) -> int | None:
    """The service on which several of those that fail rely: this one, others under an alarm, the consumers' own.

    One level up, one query: the key of the one that most of them share.
    """
    down = AffectedService.objects.filter(
        report__kind=ReportKind.OWN_OUTAGE, report__status__in=OPEN, report__entity__in=list(consumers)
    )
    failing = Q(consumer=service) | Q(consumer__in=down.values("service"))
    failing |= Q(consumer__in=SilentOutage.objects.open().values("service"))
    shared = (
        ServiceDependency.objects.in_force().filter(failing).exclude(provider=service).order_by().values("provider")
    )
    counted = shared.annotate(n=Count("consumer", distinct=True)).filter(n__gte=2).order_by("-n", "provider")
    return counted.values_list("provider", flat=True).first()


def unalarmed(*, at: datetime, rules: Rules) -> QuerySet[Report, int]:
    """The keys of services that enough entities report, and on which no alarm is open: what a filing has missed."""
    fewest = min((alarm.consumers for alarm in rules.alarms), default=0)
    alarmed = SilentOutage.objects.open().values("service")
    found = open_reports(since=at - timedelta(minutes=_widest(rules))).exclude(provider_service__in=alarmed)
    counted = found.order_by().values("provider_service").annotate(n=Count("entity", distinct=True))
    return counted.filter(n__gte=max(fewest, 2)).values_list("provider_service", flat=True)


def _widest(rules: Rules) -> int:
    """The longest window of any tier, in minutes."""
    return max((alarm.minutes for alarm in rules.alarms), default=0)


# --- What it says ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """An alarm in words."""

    alarm: SilentOutage

    @property
    def count(self) -> str:
        """«suspected outage: 2 of 34 entities»."""
        return suspected(self.alarm.consumers, self.alarm.relying)

    @property
    def reason(self) -> str:
        """Why it was raised."""
        n, length = self.alarm.consumers, stretch(self.alarm.minutes)
        said = ngettext(
            "%(n)s entity reports it, and its owner has reported nothing (window: %(length)s).",
            "%(n)s entities report it, and its owner has reported nothing (window: %(length)s).",
            n,
        )
        return said % {"n": n, "length": length}

    @property
    def filter(self) -> str:
        """The board's filter that finds the consumers' reports of the service."""
        return urlencode({"q": self.alarm.service.name_ar, "kind": ReportKind.CONSUMED_OUTAGE.value})

    @cached_property
    def symptoms(self) -> list[tuple[str, int]]:
        """The symptoms that were named and how often."""
        return [(called("symptom", code), n) for code, n in self.alarm.symptoms]


def suspected(consumers: int, relying: int) -> str:
    """How many of how many; whoever reports it relies on it, whether the catalogue knows or not."""
    return _("suspected outage: %(n)s of %(all)s entities") % {"n": consumers, "all": relying}


def common_for(user: User, alarm: SilentOutage) -> DigitalService | None:
    """The common upstream; an owner is told of it only where its own service relies on it.

    On whom others rely is a weak point of theirs (docs/adr/0032).
    """
    if alarm.common is None or user.may(Permission.BOARD_VIEW):
        return alarm.common
    links = ServiceDependency.objects.visible_to(user).in_force()
    return alarm.common if links.filter(consumer=alarm.service_id, provider=alarm.common_id).exists() else None


def lines_for(user: User) -> list[Line]:
    """The alarms that stand for this reader, the worst first. One query."""
    return [Line(alarm) for alarm in SilentOutage.objects.visible_to(user).open().for_page()[:SHOWN]]


def gathered_lines(user: User) -> Gathered:
    """Those of `lines_for` as one value of a query that runs anyway; `lines_of` reads it."""
    names = {
        f"{of}_{name}": f"{of}__{name}" for of in ("service", "entity", "common") for name in ("name_ar", "name_en")
    }
    said = JSONObject(**{name: name for name in _SAID}, **names, told_at="notice__fanned_out_at")
    alarms = SilentOutage.objects.visible_to(user).open().order_by("severity", "opened_at", "pk")
    return Gathered(alarms.values(line=said)[:SHOWN])


#: What a line says, and `told_at` and the names.
_SAID = (
    "id", "severity", "consumers", "relying", "minutes", "opened_at", "since", "denied_at", "evidence", "common_id",
)  # fmt: skip


def lines_of(gathered: list[dict[str, Any]] | None) -> list[Line]:
    return [Line(_alarm(said)) for said in gathered or []]


def _alarm(said: dict[str, Any]) -> SilentOutage:
    named = {
        of: model(name_ar=said[f"{of}_name_ar"], name_en=said[f"{of}_name_en"])
        for of, model in (("service", DigitalService), ("entity", Entity))
    }
    common = DigitalService(name_ar=said["common_name_ar"], name_en=said["common_name_en"])
    moments = {name: read_moment(said[name]) for name in ("opened_at", "since", "denied_at")}
    return SilentOutage(
        **{name: said[name] for name in ("id", "severity", "consumers", "relying", "minutes", "evidence")},
        **moments,
        **named,
        common=common if said["common_id"] else None,
        notice=Notice(fanned_out_at=read_moment(said["told_at"])),
    )


def alarms_number(user: User) -> Coalesce:
    """A number of the alarms as they stand, for `annotate`: another as soon as one comes, goes or changes; 0 for none.

    Keys only grow, and versions too.
    """
    standing = SilentOutage.objects.visible_to(user).open().order_by().values("closed_at")
    number = standing.annotate(n=Sum(F("pk") * 100_003 + F("version"))).values("n")
    return Coalesce(Subquery(number), 0, output_field=BigIntegerField())
