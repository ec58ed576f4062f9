"""One incident as its page shows it: its reports, how far they are back, what was done, what may belong to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from entities.models import DigitalService, User
from entities.permissions import Permission
from incidents.actions.incidents import UNDO_LINK_WITHIN
from incidents.grouping import (
    MOST_REPORTS,
    Figures,
    Origin,
    Suggestion,
    figures_of,
    suggestions,
    tiers_of,
)
from incidents.looks import LOOKS, Look
from incidents.models import Incident, IncidentReport, Report, ReportEvent, SituationReport
from incidents.timeline import tell

#: Deeds on its reports that its log tells.
TOLD = ("link", "unlink", "acknowledge", "echo", "restore", "undo_restore", "reopen")
LOG = 100
#: As the incident tells it; a report's own history says it from the other side.
LINKS = {
    "link": Look(gettext_lazy("Reports linked"), "link", "dga"),
    "unlink": Look(gettext_lazy("Reports taken out"), "unlink", "dga"),
}


@dataclass(frozen=True)
class Line:
    """One row of the incident's log: one deed, on one report or on several at once."""

    look: Look
    at: datetime
    who: str
    what: str
    text: str = ""


@dataclass(frozen=True)
class Member:
    """A report under the incident, and what its reader may do with it there."""

    link: IncidentReport
    report: Report
    undoes: bool  # she has linked it just now
    may_unlink: bool


class Led:
    """An incident and its reader; each part is read when it is asked for, and once."""

    def __init__(self, incident: Incident, *, reader: User, at: datetime | None = None) -> None:
        self.incident, self.reader, self.at = incident, reader, at or timezone.now()

    # --- What may be done -------------------------------------------------------------------------------------
    @property
    def leads(self) -> bool:
        return self.reader.may(Permission.REPORT_LEAD) and not self.incident.is_closed

    @property
    def may_acknowledge(self) -> bool:
        waits = self.incident.acknowledged_at is None and not self.incident.is_closed
        return waits and self.reader.may(Permission.REPORT_TRIAGE)

    # --- Its reports --------------------------------------------------------------------------------------------
    @cached_property
    def _links(self) -> list[IncidentReport]:
        """Those that stand under it, and those that were taken out of it a moment ago."""
        lately = Q(unlinked_at__isnull=True) | Q(unlinked_at__gte=self.at - UNDO_LINK_WITHIN)
        found = IncidentReport.objects.visible_to(self.reader).filter(lately, incident=self.incident)
        named = ("report__entity", "report__main_service__entity", "report__reviewer")
        return list(found.select_related(*named).order_by("report__entity__name_ar", "pk")[: MOST_REPORTS + 20])

    @cached_property
    def members(self) -> list[Member]:
        held = [link for link in self._links if link.unlinked_at is None]
        return [self._member(link) for link in held]

    def _member(self, link: IncidentReport) -> Member:
        recent = link.linked_by_id == self.reader.pk and self.at - link.linked_at <= UNDO_LINK_WITHIN
        may_unlink = self.leads and "unlink" in link.report.moves_for(self.reader)
        return Member(link, link.report, undoes=recent and may_unlink, may_unlink=may_unlink)

    @property
    def taken_out(self) -> list[Report]:
        """What the reader has taken out a moment ago, and may put back."""
        mine = [link for link in self._links if link.unlinked_at and link.unlinked_by_id == self.reader.pk]
        held = {member.report.pk for member in self.members}
        return [link.report for link in mine if link.report_id not in held] if self.leads else []

    @cached_property
    def figures(self) -> Figures:
        return figures_of([member.report for member in self.members], tiers=tiers_of(self.incident))

    @cached_property
    def suggestions(self) -> list[Suggestion]:
        if not self.leads:
            return []
        reports = [member.report for member in self.members]
        origin = Origin.of(reports, service=self.incident.service)
        return suggestions(origin, user=self.reader, beside=[link.report_id for link in self._links])

    @property
    def services(self) -> list[DigitalService]:
        """What it may come from: what the reports name, and what was said before."""
        named = [member.report.main_service for member in self.members]
        named += [self.incident.service] if self.incident.service else []
        return sorted({service.pk: service for service in named}.values(), key=lambda service: service.name)

    # --- What happened --------------------------------------------------------------------------------------------
    @cached_property
    def log(self) -> list[Line]:
        """The newest first."""
        lines = [*self._of_reports(), *self._own()]  # of the same moment, the opening comes first
        return sorted(lines, key=lambda line: line.at, reverse=True)[:LOG]

    def _own(self) -> Iterator[Line]:
        incident = self.incident
        opened = incident.opened_by.name if incident.opened_by else _("Automatic")
        more = _("More than 10 reports on one provider within the hour.") if incident.opened_by is None else ""
        yield Line(Look(_("Incident opened"), "network", "bad"), incident.opened_at, opened, "", more)
        if incident.closed_at:
            closed = incident.closed_by.name if incident.closed_by else _("Automatic")
            yield Line(Look(_("Incident closed"), "check-check", "good"), incident.closed_at, closed, "")
        for sent in self.situations:
            if sent.sent_at:
                who = sent.sent_by.name if sent.sent_by else ""
                look = Look(_("Situation report sent"), "send", "dga")
                yield Line(look, sent.sent_at, who, _("No. %(n)s") % {"n": sent.number})

    def _of_reports(self) -> Iterator[Line]:
        """A deed that was done to several at once is one line."""
        held = IncidentReport.objects.visible_to(self.reader).filter(incident=self.incident)
        found = ReportEvent.objects.visible_to(self.reader).filter(
            report__in=held.values("report"), data__move__in=TOLD, at__gte=self.incident.opened_at
        )
        deeds: dict[tuple[object, ...], list[ReportEvent]] = {}
        for event in found.select_related("report").with_actors().order_by("-pk")[: 5 * LOG]:
            if event.data.get("incident", self.incident.reference) == self.incident.reference:
                deeds.setdefault((event.move, event.at, event.person), []).append(event)
        for events in deeds.values():
            yield self._line(events)

    def _line(self, events: list[ReportEvent]) -> Line:
        event, count = events[0], len(events)
        entry = tell(event, event.report)
        what = event.report.reference
        if count > 1:
            what = ngettext("%(n)s report", "%(n)s reports", count) % {"n": count}
        text = entry.text if event.move in {"echo", "restore", "reopen"} else ""
        return Line(LINKS.get(event.move) or LOOKS[event.move], event.at, entry.name or entry.side, what, text)

    # --- Situation reports ------------------------------------------------------------------------------------------
    @cached_property
    def situations(self) -> list[SituationReport]:
        found = SituationReport.objects.visible_to(self.reader).filter(incident=self.incident)
        return list(found.select_related("sent_by").order_by("-number")[:50])

    @cached_property
    def readers(self) -> int:
        return self.incident.reader_rows.count()
