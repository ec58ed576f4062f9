"""Which reports have one cause: what may belong to an incident and why, and how far its services are back.

Source: domain/lifecycle.md, Reminders ("Reports grouped under one incident ..."). It all reads, and is bounded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from entities.models import DigitalService, ServiceDependency, User
from incidents.lifecycle import ENDED, NOT_COUNTED, OPEN, ReportKind, Severity
from incidents.models import AffectedService, Incident, IncidentReport, Report
from incidents.models.report_query import ReportQuerySet

#: Reports of one cause begin near each other.
NEAR = timedelta(hours=2)
SUGGESTED = 20
#: More consumed-outage reports than this on one provider within the hour are one case (domain/lifecycle.md).
MOST_APART = 10
WITHIN = timedelta(minutes=60)
#: So many reports stand under an incident at most: a page shows them, and a deed touches each.
MOST_REPORTS = 200

SAME_SERVICE = _("The same service")
SAME_PROVIDER = _("A service of the same provider")
UPSTREAM = _("Relies on the same service")


@dataclass(frozen=True)
class Suggestion:
    """A report that may have the same cause, and why."""

    report: Report
    reason: Promise


@dataclass(frozen=True)
class Origin:
    """Where a group of reports seems to come from: services, their owners, and when it began."""

    services: frozenset[int]
    providers: frozenset[int]
    start: datetime | None
    end: datetime | None

    @classmethod
    def of(cls, reports: Iterable[Report], *, service: DigitalService | None = None) -> Origin:
        """Of reports that are grouped, or about to be; their main services are loaded."""
        named = [report.main_service for report in reports] + ([service] if service else [])
        starts = [report.started_at for report in reports if report.started_at]
        return cls(
            frozenset(each.pk for each in named),
            frozenset(each.entity_id for each in named),
            min(starts, default=None),
            max(starts, default=None),
        )


def suggestions(origin: Origin, *, user: User, beside: Iterable[int] = ()) -> list[Suggestion]:
    """Open reports that stand under no incident and began within two hours of these; one query.

    `beside`: reports that are no suggestion, because one holds them already.
    """
    if origin.start is None or origin.end is None:
        return []
    relying = ServiceDependency.objects.in_force().filter(provider__in=origin.services, consumer=OuterRef("service"))
    upstream = Exists(AffectedService.objects.filter(Exists(relying), report=OuterRef("pk")))
    found = (
        Report.objects.visible_to(user)
        .open_outages()
        .filter(incident__isnull=True, started_at__range=(origin.start - NEAR, origin.end + NEAR))
        .exclude(pk__in=beside)
        .annotate(upstream=upstream)
        .filter(Q(main_service__in=origin.services) | Q(main_service__entity__in=origin.providers) | Q(upstream=True))
        .for_page()
        .order_by("-pk")[:SUGGESTED]
    )
    return [Suggestion(report, _reason(report, origin)) for report in found]


def _reason(report: Report, origin: Origin) -> Promise:
    if report.main_service_id in origin.services:
        return SAME_SERVICE
    return SAME_PROVIDER if report.main_service.entity_id in origin.providers else UPSTREAM


# --- Group mode ---------------------------------------------------------------------------------------------------


def _apart(*, since: datetime, at: datetime) -> ReportQuerySet:
    """Open reports of consumed services that were filed since then, and that no incident has ever held."""
    held = IncidentReport.objects.filter(report=OuterRef("pk"))
    recent = Report.objects.open_outages().filter(
        kind=ReportKind.CONSUMED_OUTAGE, incident__isnull=True, submitted_at__gt=since, submitted_at__lte=at
    )
    return recent.filter(~Exists(held), provider_service__listed=True)


def gatherable(incident: Incident, *, at: datetime) -> ReportQuerySet:
    """What joins a group by itself; a report that a lead has taken out of an incident stays out."""
    since = min(incident.opened_at, at) - WITHIN
    return _apart(since=since, at=at).filter(provider_service__entity=incident.provider_id).order_by("pk")


def joining(incident: Incident, *, at: datetime) -> list[int]:
    """The reports that the next sweep puts under a group, by key: as many as there is room for."""
    return list(gatherable(incident, at=at).values_list("pk", flat=True)[: room(incident)])


def room(incident: Incident) -> int:
    """So many more reports may stand under it; one query."""
    return max(0, MOST_REPORTS - incident.members.linked().count())


def crowded(*, at: datetime) -> list[int]:
    """Providers with more reports on their services within the hour than are led one by one."""
    rows = _apart(since=at - WITHIN, at=at).values("provider_service__entity").annotate(n=Count("pk")).order_by()
    return [row["provider_service__entity"] for row in rows if row["n"] > MOST_APART]


# --- Figures ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tier:
    """Of the affected services of a tier: how many there are, and how many are back."""

    tier: int
    total: int
    back: int

    @property
    def label(self) -> str:
        return str(DigitalService.Tier(self.tier).label)

    @property
    def share(self) -> int:
        """Percent that is back; rounded down, so that 100 means all."""
        return 100 * self.back // self.total if self.total else 0


@dataclass(frozen=True)
class Figures:
    """How an incident stands, counted."""

    reports: int
    down: int
    unacknowledged: int
    entities: int
    worst: int | None
    since: datetime | None
    tiers: tuple[Tier, ...]

    @property
    def services(self) -> int:
        return sum(tier.total for tier in self.tiers)

    @property
    def back(self) -> int:
        return sum(tier.back for tier in self.tiers)

    @property
    def share(self) -> int:
        return 100 * self.back // self.services if self.services else 0

    @property
    def severity(self) -> str:
        return f"{Severity(self.worst).label} (S{self.worst})" if self.worst else "—"


def children(incident: Incident) -> ReportQuerySet:
    """The reports that stand under the incident, whatever became of them, less those that were none."""
    held = incident.members.filter(unlinked_at__isnull=True)
    return Report.objects.filter(pk__in=held.values("report")).exclude(status__in=NOT_COUNTED)


def figures(incident: Incident) -> Figures:
    """How it stands, in two queries."""
    return figures_of(children(incident).order_by("pk")[:MOST_REPORTS], tiers=tiers_of(incident))


def figures_of(reports: Iterable[Report], *, tiers: Iterable[Tier]) -> Figures:
    """Counted from reports that are read anyway."""
    counted = [report for report in reports if report.status not in NOT_COUNTED]
    return Figures(
        reports=len(counted),
        down=sum(report.status in OPEN for report in counted),
        unacknowledged=sum(report.acknowledged_at is None and report.status not in ENDED for report in counted),
        entities=len({report.entity_id for report in counted}),
        worst=min((report.severity for report in counted), default=None),
        since=min((report.started_at for report in counted if report.started_at), default=None),
        tiers=tuple(tiers),
    )


def tiers_of(incident: Incident) -> list[Tier]:
    """A service is back when no report says that it is down: two entities may report the same one. One query."""
    affected = AffectedService.objects.filter(report__in=children(incident)).values(tier=F("service__tier"))
    counted = affected.order_by("tier").annotate(
        total=Count("service", distinct=True),
        down=Count("service", distinct=True, filter=Q(report__status__in=OPEN)),
    )
    return [Tier(row["tier"], row["total"], row["total"] - row["down"]) for row in counted]
