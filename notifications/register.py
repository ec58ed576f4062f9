"""The people who may hear of the events of a batch, read at once: a handful of questions, however many events.

Who of them is told is decided in Python, by `recipients` and `followers`; what stands here is as it is now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator

from django.db.models import Q
from django.utils import timezone

from entities.models import Membership, ServiceDependency
from entities.permissions import AUTHORITY_ROLES, Role
from incidents.grouping import joining
from incidents.lifecycle import ReportKind
from incidents.models import AffectedService, Incident, Report, ReportEvent
from incidents.models.duty import with_duty
from notifications.audiences import TEAM, Side
from notifications.ladders import Ladders
from notifications.models import Follow

HARD = ServiceDependency.Strength.HARD


class Register:
    """Of some events, with their reports and the consumed services loaded."""

    def __init__(self, events: Iterable[ReportEvent]) -> None:
        events = list(events)
        self._reports = list({event.report_id: event.report for event in events}.values())
        self._services: defaultdict[int, set[int]] = defaultdict(set)
        affected = AffectedService.objects.filter(report__in=[report.pk for report in self._reports])
        for report, service in affected.values_list("report", "service"):
            self._services[report].add(service)
        self._folded = self._read_folded()
        self._read_links()
        self._reported = self._read_reported()
        self._answered = self._read_answered()
        self._joining = self._read_joining()
        self.ladders = Ladders(events)
        self._read_members()
        self._follows = self._read_follows()

    # --- What is asked of it ------------------------------------------------------------------------------------------

    def members(self, event: ReportEvent, sides: Container[Side]) -> list[Membership]:
        """Everybody who may act today for one of these sides, each with her `duty` now: its role, or None."""
        found = {membership.pk: membership for membership in self._of_sides(event, sides)}
        return [found[key] for key in sorted(found)]

    def followers(self, event: ReportEvent) -> list[Membership]:
        """Whoever follows what the event is about and may see the report, or relies on its service."""
        report, asked = event.report, self.asked_themselves(event)
        relying = self.relying(report)
        found = {
            each.pk: each
            for place in self._places(report)
            for each in self._follows.get(place, ())
            # A consumer's team is asked by its own report whether the service is back; its other people are not.
            if not (each.entity_id in asked and each.role in TEAM and each.entity_id != report.entity_id)
            and (each.role in AUTHORITY_ROLES or each.entity_id in relying)
        }
        return [found[key] for key in sorted(found)]

    def relying(self, report: Report) -> set[int]:
        """The entities that may hear of the report from outside or within, by their keys: its own, and the other end's.

        That is the provider of a consumed service; of a service's own outage or maintenance whoever relies on it.
        """
        if report.kind == ReportKind.CONSUMED_OUTAGE:
            return {report.entity_id, *self._provider(report)}
        return {report.entity_id, *(entity for entity, _strength in self._links_of(report)), *self._waiting_for(report)}

    def asked_themselves(self, event: ReportEvent) -> set[int]:
        """Consumers with a report of their own about the service: that report asks them whether it is back."""
        if event.move != "restore":
            return set()
        return self._reporting(event.report)

    def joins(self, report: Report) -> bool:
        """It stands under an incident, or the next sweep puts it there: its provider's reports are grouped by now."""
        return report.incident_id is not None or report.pk in self._joining

    # --- How it is found ----------------------------------------------------------------------------------------------

    def _of_sides(self, event: ReportEvent, sides: Container[Side]) -> Iterator[Membership]:
        report = event.report
        if Side.OWN in sides:
            yield from self._by_entity[report.entity_id]
        if Side.AUTHORITY in sides:
            yield from self._desk
        if Side.PROVIDER in sides:
            for entity in self._provider(report):
                yield from self._by_entity[entity]
        outside = set[int]()
        if Side.CONSUMER in sides:
            hears = {entity for entity, strength in self._links_of(report) if strength == HARD}
            hears |= self._waiting_for(report)
            outside |= hears - {report.entity_id} - self.asked_themselves(event)
        for entity in outside:
            yield from (each for each in self._by_entity[entity] if each.role in TEAM)

    def _reporting(self, report: Report) -> set[int]:
        """The entities with an open report of their own about a service of this outage."""
        if report.kind != ReportKind.OWN_OUTAGE:
            return set()
        return set().union(*(self._reported[service] for service in self._services[report.pk]))

    def _waiting_for(self, report: Report) -> set[int]:
        """Whoever has reported the outage itself, or was answered by its owner with this report, follows its updates.

        They need not stand in the catalogue as relying on the service.
        """
        references = [report.reference, *(reference for _pk, reference in self._folded[report.pk])]
        return self._reporting(report).union(*(self._answered[each] for each in references))

    def _provider(self, report: Report) -> Iterator[int]:
        if report.provider_service:
            yield report.provider_service.entity_id

    def _links_of(self, report: Report) -> Iterator[tuple[int, str]]:
        for service in self._services[report.pk]:
            yield from self._links[service]

    def _places(self, report: Report) -> Iterator[tuple[str, int | None]]:
        """What a follower of this report follows."""
        yield "report", report.pk
        yield from (("report", pk) for pk, _reference in self._folded[report.pk])
        yield from (("service", service) for service in self._services[report.pk])
        yield "entity", report.entity_id
        if report.provider_service:
            yield "service", report.provider_service_id
            yield "entity", report.provider_service.entity_id

    # --- How it is read -----------------------------------------------------------------------------------------------

    def _read_folded(self) -> defaultdict[int, list[tuple[int, str]]]:
        """The reports that were merged into these: who followed them, or was answered with them, hears on."""
        folded: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
        merged = Report.objects.filter(merged_into__in=[report.pk for report in self._reports])
        for pk, reference, into in merged.values_list("pk", "reference", "merged_into"):
            if into is not None:
                folded[into].append((pk, reference))
        return folded

    def _read_links(self) -> None:
        self._links: defaultdict[int, set[tuple[int, str]]] = defaultdict(set)
        services = set().union(*self._services.values())
        links = ServiceDependency.objects.in_force().filter(provider__in=services, consumer__is_active=True)
        for service, entity, strength in links.values_list("provider", "consumer__entity", "strength"):
            self._links[service].add((entity, strength))

    def _read_reported(self) -> defaultdict[int, set[int]]:
        reported: defaultdict[int, set[int]] = defaultdict(set)
        outages = (report.pk for report in self._reports if report.kind == ReportKind.OWN_OUTAGE)
        if services := set().union(*(self._services[report] for report in outages)):
            theirs = Report.objects.open_outages().filter(provider_service__in=services)
            for service, entity in theirs.values_list("provider_service", "entity"):
                reported[service].add(entity)
        return reported

    def _read_answered(self) -> defaultdict[str, set[int]]:
        """By the reference that an owner has answered with."""
        answered: defaultdict[str, set[int]] = defaultdict(set)
        own = [report.reference for report in self._reports if report.kind != ReportKind.CONSUMED_OUTAGE]
        own += [reference for merged in self._folded.values() for _pk, reference in merged]
        if own:
            theirs = Report.objects.open_outages().filter(verdict_reference__in=own)
            for reference, entity in theirs.values_list("verdict_reference", "entity"):
                answered[reference].add(entity)
        return answered

    def _read_joining(self) -> set[int]:
        """What the groups over the providers of these reports gather next, by key; a question a group."""
        alone = [report for report in self._reports if report.incident_id is None]
        providers = {entity for report in alone for entity in self._provider(report)}
        groups = Incident.objects.gathering().filter(provider__in=providers) if providers else ()
        return {report for group in groups for report in joining(group, at=timezone.now())}

    def _read_members(self) -> None:
        own = {entity for report in self._reports for entity in (report.entity_id, *self._provider(report))}
        teams = {entity for links in self._links.values() for entity, strength in links if strength == HARD}
        teams |= set().union(*self._reported.values(), *self._answered.values())
        desk = (Role.REVIEWER, Role.LEAD)
        wanted = Q(entity__in=own) | Q(role__in=desk) | Q(entity__in=teams, role__in=TEAM)
        members = with_duty(Membership.objects.usable().filter(wanted), at=timezone.now())
        self._by_entity: defaultdict[int, list[Membership]] = defaultdict(list)
        self._desk: list[Membership] = []
        for membership in members.select_related("user", "entity"):
            self._by_entity[membership.entity_id].append(membership)
            if membership.role in desk:
                self._desk.append(membership)

    def _read_follows(self) -> dict[tuple[str, int | None], list[Membership]]:
        places: defaultdict[str, set[int | None]] = defaultdict(set)
        for report in self._reports:
            for kind, key in self._places(report):
                places[kind].add(key)
        wanted = Q(report__in=places["report"]) | Q(service__in=places["service"]) | Q(entity__in=places["entity"])
        follows = Follow.objects.filter(wanted, membership__in=Membership.objects.usable())
        found: defaultdict[tuple[str, int | None], list[Membership]] = defaultdict(list)
        for follow in follows.select_related("membership__user", "membership__entity"):
            for kind in ("report", "service", "entity"):
                if key := getattr(follow, f"{kind}_id"):
                    found[kind, key].append(follow.membership)
        return found
