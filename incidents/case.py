"""One report as one reader sees it: what its page shows, each part read when it is asked for, and once."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from django.db.models import Q
from django.utils import timezone

from entities.models import User
from entities.permissions import Permission
from entities.row_security import as_system
from incidents.actions.final import needs_countersignature
from incidents.actions.pausing import PAUSABLE
from incidents.actions.updates import UNDO_WITHIN
from incidents.answering import Answering
from incidents.contacts import Contacts
from incidents.history import History
from incidents.lifecycle import (
    ENDED,
    OPEN,
    OWN_OUTAGE,
    ClockKind,
    Move,
    ReportKind,
    Status,
)
from incidents.models import (
    AffectedService,
    Attachment,
    Clock,
    CorrectiveAction,
    Draft,
    FinalReport,
    Incident,
    Report,
    ReviewerNote,
    UpdateDraft,
)
from incidents.standing import Owed, Step, owed, steps
from incidents.timeline import FILTERS
from incidents.timely import TIMELY

LINKED = 20  # linked reports that are named
LINKED_COLUMNS = ("reference", "kind", "status", "share_identity", "entity__name_ar", "entity__name_en")


class Case:
    """A report, its reader, and the part of the timeline that is asked for."""

    report: Report
    reader: User
    at: datetime

    def __init__(
        self, report: Report, *, reader: User, show: str = "all", before: int | None = None, at: datetime | None = None
    ) -> None:
        self.report, self.reader = report, reader
        self.show, self.before = show if show in FILTERS else "all", before
        self.at = at or timezone.now()

    # --- Who reads -------------------------------------------------------------------------------------------
    @property
    def own(self) -> bool:
        """The reader belongs to the entity that reports."""
        return self.reader.acting is not None and self.reader.acting.entity_id == self.report.entity_id

    @property
    def by_authority(self) -> bool:
        return self.reader.may(Permission.BOARD_VIEW)

    @property
    def outside(self) -> bool:
        """A provider reads a consumer's report: what happened, nothing of who and of what was said about it."""
        return not (self.own or self.by_authority)

    @property
    def names_entity(self) -> bool:
        return not self.outside or self.report.share_identity

    # --- What may be done --------------------------------------------------------------------------------------
    @cached_property
    def moves(self) -> dict[str, Move]:
        """The deeds the table allows this person, less those whose moment has not come or has gone."""
        return {name: move for name, move in self.report.moves_for(self.reader).items() if self._timely(name)}

    def _timely(self, name: str) -> bool:
        return TIMELY[name](self) if name in TIMELY else True

    @cached_property
    def standing_still(self) -> Clock | None:
        """The deadline of the final report that a reviewer has paused."""
        return next(
            (each for each in self.clocks if each.kind in PAUSABLE and each.paused_at and not each.is_over), None
        )

    @property
    def undo_until(self) -> datetime | None:
        """Until when the restoration may be taken back by the one who sent it."""
        restored = self.report.restored_recorded_at
        return restored + UNDO_WITHIN if restored and "undo_restore" in self.moves else None

    @property
    def countersigns(self) -> bool:
        """The reader is the IT leader whose signature the final report waits for."""
        final, report = self.final, self.report
        return (
            self.own
            and self.reader.may(Permission.REPORT_COUNTERSIGN)
            and needs_countersignature(report)
            and final is not None
            and final.countersigned_at is None
            and any(move.name == "submit_final" and report.status in move.sources for move in OWN_OUTAGE)
        )

    @property
    def has_record(self) -> bool:
        """A closed report is sealed on paper, for the entity and the authority."""
        return self.report.status == Status.CLOSED and not self.outside and self.may_export

    @property
    def may_export(self) -> bool:
        return self.reader.may(Permission.REPORT_EXPORT)

    # --- Its parts ---------------------------------------------------------------------------------------------
    @cached_property
    def history(self) -> History:
        return History(self)

    @cached_property
    def answering(self) -> Answering:
        return Answering(self)

    @cached_property
    def contacts(self) -> Contacts:
        return Contacts(self)

    # --- Where it stands ---------------------------------------------------------------------------------------
    @cached_property
    def clocks(self) -> list[Clock]:
        return list(self.report.clocks.order_by("started_at", "id"))

    @property
    def running(self) -> list[Clock]:
        return [clock for clock in self.clocks if not (clock.met_at or clock.cancelled_at or clock.paused_at)]

    @property
    def final(self) -> FinalReport | None:
        return getattr(self.report, "final_report", None)

    @cached_property
    def actions(self) -> list[CorrectiveAction]:
        """What a closed report promises for later; until then it stands in the final report alone."""
        if self.report.status != Status.CLOSED or self.outside or self.final is None:
            return []
        return list(self.final.actions.all())

    @property
    def has_to_verify(self) -> bool:
        return any(each.done_at and not each.verified_at for each in self.actions)

    @cached_property
    def steps(self) -> list[Step]:
        return steps(self.report, self.clocks, final=self.final)

    @cached_property
    def owed(self) -> list[Owed]:
        """What is owed, the reader's own first; a reader from outside owes its answer, and hears of nothing else."""
        clocks = [clock for clock in self.running if clock.waits_on_provider or not self.outside]
        return owed(self.report, clocks, reader=self.reader, at=self.at)

    @property
    def headline(self) -> list[Owed]:
        """What stands over the page: the first thing owed, and whatever else the reader is late with."""
        return self.owed[:1] + [each for each in self.owed[1:] if each.mine and each.tone == "late"]

    @property
    def is_ahead(self) -> bool:
        return self.report.began_at > self.at

    @property
    def is_ongoing(self) -> bool:
        return self.report.is_open and self.report.ended_at is None

    @property
    def estimate_has_passed(self) -> bool:
        """The service was expected back by now, and is not."""
        expected = self.report.expected_restoration_at
        return self.is_ongoing and expected is not None and expected < self.at

    @property
    def update_clock(self) -> Clock | None:
        """The clock of the next update."""
        return next((clock for clock in self.running if clock.kind == ClockKind.C3), None)

    @property
    def asked_return(self) -> bool:
        """The owner says that its service is back, and this reader is asked whether it is."""
        asked = any(clock.kind == ClockKind.D3 for clock in self.running)
        return asked and self.own and {"restore", "update"} <= set(self.moves)

    @cached_property
    def overrun(self) -> Draft | Report | None:
        """What an overrun brought: the outage draft that waits to be sent, or the report that came of it."""
        key = self.report.overrun_key
        if key is None or not self.own or not self.report.is_open:
            return None
        draft = Draft.objects.visible_to(self.reader).filter(key=key, kind=ReportKind.OWN_OUTAGE).first()
        return draft or self.report.outages.visible_to(self.reader).first()

    @cached_property
    def incident(self) -> Incident | None:
        """The wider incident it stands under, with how many `others` do; an entity is told no more of it."""
        if self.report.incident_id is None or self.outside:
            return None
        if self.by_authority:
            found, together = self.report.incident, self.report.together  # type: ignore[attr-defined]  # annotated
        else:
            with as_system():  # the authority's: of it only the reference and a count come out
                found = Incident.objects.get(pk=self.report.incident_id)
                together = found.members.linked().count()
        if found:
            found.others = together - 1  # type: ignore[attr-defined]  # for the page
        return found

    @property
    def may_group(self) -> bool:
        """A lead opens an incident over it."""
        grouped = self.report.incident_id is not None
        return not grouped and self.report.status in OPEN and "link" in self.moves

    @property
    def may_confirm(self) -> bool:
        return self.reader.may(Permission.REPORT_BIND)

    @cached_property
    def typed(self) -> list[UpdateDraft]:
        """Updates of the reader's and her colleagues' that were typed and not sent."""
        if not self.report.has_typed or "update" not in self.moves:  # type: ignore[attr-defined]  # annotated
            return []
        drafts = UpdateDraft.objects.visible_to(self.reader).filter(report=self.report)
        return list(drafts.select_related("person").order_by("started_at", "pk"))

    # --- What stands beside it -------------------------------------------------------------------------------------
    @cached_property
    def files(self) -> list[Attachment]:
        """Attachments; a reader from outside gets none, for a file tells who wrote it."""
        return list(Attachment.objects.of(self.report)) if self.report.has_files and not self.outside else []  # type: ignore[attr-defined]  # annotated

    @cached_property
    def linked(self) -> list[Report]:
        """The other report of the same submission, and what others report of the same service now."""
        report = self.report
        beside = report.has_neighbours or report.has_folded or report.related_id  # type: ignore[attr-defined]  # annotated
        if self.outside or not beside:
            return []
        neighbours = Q(merged_into=report)
        if report.status not in ENDED:  # what is reported now is nothing to an outage that ended long ago
            neighbours |= Q(main_service=report.main_service_id) & ~Q(status__in=ENDED)
        if report.kind == ReportKind.OWN_OUTAGE:  # of several services: also those about the others
            neighbours |= Q(owner_reference=report.reference)
        found = Report.objects.visible_to(self.reader).filter(neighbours | Q(pk=report.related_id or 0))
        found = found.exclude(pk=report.pk).select_related("entity").only(*LINKED_COLUMNS)
        return list(found.order_by("-started_at", "-id")[:LINKED])

    @cached_property
    def notes(self) -> list[ReviewerNote]:
        """The authority's private notes; `visible_to` gives the entity none, and the page none to ask for."""
        if not self.report.has_notes:  # type: ignore[attr-defined]  # annotated
            return []
        return list(ReviewerNote.objects.visible_to(self.reader).filter(report=self.report).select_related("author"))

    @cached_property
    def affected(self) -> list[AffectedService]:
        """The services it is about, with their impact; they would give away an entity that is not to be named."""
        if not self.names_entity:
            return []
        return list(self.report.affected.select_related("service"))

    @property
    def twins(self) -> list[Report]:
        """The open reports of the same entity and kind into which this one may be merged, the newest first."""
        found = Report.objects.visible_to(self.reader).twins_of(lambda name: getattr(self.report, name))
        return list(found.select_related("main_service").order_by("-id")[:LINKED])

    @property
    def pair(self) -> Report | None:
        """The other report of one submission, where this reader may end both at once."""
        other = self.report.related
        if other is None or other.kind == ReportKind.MAINTENANCE or "restore" not in other.moves_for(self.reader):
            return None
        return other
