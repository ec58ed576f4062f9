"""One report as one reader sees it: what its page shows, each part read when it is asked for, and once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from entities.models import Membership, ServiceDependency, User
from entities.permissions import Permission, Role
from entities.row_security import as_system
from incidents.actions.extension_requests import open_request
from incidents.actions.final import needs_countersignature
from incidents.actions.handshake import NAMES, may_rule
from incidents.actions.merging import UNDO_MERGE_WITHIN
from incidents.actions.pausing import PAUSABLE
from incidents.actions.updates import UNDO_WITHIN, may_undo
from incidents.handshake import ANSWERS, RULINGS
from incidents.lifecycle import (
    ENDED,
    OPEN,
    OWN_OUTAGE,
    ClockKind,
    EventKind,
    Move,
    ReportKind,
    Ruling,
    Severity,
    Status,
    Verdict,
)
from incidents.models import (
    AffectedService,
    Attachment,
    Clock,
    Draft,
    FinalReport,
    Incident,
    IncidentReport,
    Report,
    ReportEvent,
    ReviewerNote,
)
from incidents.models.report_query import REOPEN_WITHIN, ReportQuerySet
from incidents.standing import Owed, Step, owed, steps
from incidents.timeline import FILTERS, OUTSIDE, Entry, tell

PAGE = 50  # rows of the timeline at a time
LINKED = 20  # linked reports that are named
CALL_ORDER = [Role.DIRECTOR, Role.ALTERNATE, Role.MEMBER, Role.IT_LEADER]
REVIEWERS = frozenset({Role.REVIEWER, Role.LEAD})


@dataclass(frozen=True)
class Question:
    """What was asked and has no answer yet, with its clock."""

    entry: Entry
    clock: Clock


def readable(reader: User) -> ReportQuerySet:
    """The reports this person may see, with all that a page of one needs and what is worth asking for after it."""
    same_service = Report.objects.visible_to(reader).filter(main_service=OuterRef("main_service"))
    together = IncidentReport.objects.visible_to(reader).linked().filter(incident=OuterRef("incident")).order_by()
    relying = (
        ServiceDependency.objects.in_force().filter(provider=OuterRef("main_service")).order_by().values("provider")
    )
    return (
        Report.objects.visible_to(reader)
        .for_page()
        .select_related("policy", "related", "related_maintenance", "final_report", "incident", "merged_into")
        .annotate(
            has_files=Exists(Attachment.objects.of(OuterRef("pk"))),
            has_folded=Exists(Report.objects.filter(merged_into=OuterRef("pk"))),
            has_twins=Exists(Report.objects.twins_of(OuterRef)),
            has_notes=Exists(ReviewerNote.objects.visible_to(reader).filter(report=OuterRef("pk"))),
            has_neighbours=Exists(same_service.exclude(pk=OuterRef("pk")).exclude(status__in=ENDED)),
            together=Subquery(together.values("incident").annotate(n=Count("pk")).values("n")),
            relying=Subquery(relying.annotate(n=Count("consumer__entity", distinct=True)).values("n")),
        )
    )


class Case:
    """A report, its reader, and the part of the timeline that is asked for."""

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

    @property
    def _undoes(self) -> bool:
        return self.report.restored_by_id == self.reader.pk and may_undo(self.report, at=self.at)

    @property
    def _reopens(self) -> bool:
        """Within a day, and where the restoration cannot be undone more simply."""
        restored = self.report.restored_recorded_at
        return restored is not None and self.at - restored <= REOPEN_WITHIN and not self._undoes

    @property
    def _parts(self) -> bool:
        """A merge is taken back within a day."""
        merged = self.report.merged_at
        return merged is not None and self.at - merged <= UNDO_MERGE_WITHIN

    @cached_property
    def extension_asked(self) -> Entry | None:
        """More time for the final report is asked for, and not answered yet; nothing for readers from outside."""
        clock = next((each for each in self.running if each.kind == ClockKind.C6), None)
        request = None if self.outside else open_request(self.report, clock)
        return self._told([request])[0] if request else None

    @cached_property
    def standing_still(self) -> Clock | None:
        """The deadline of the final report that a reviewer has paused."""
        return next(
            (each for each in self.clocks if each.kind in PAUSABLE and each.paused_at and not each.is_over), None
        )

    @cached_property
    def pause(self) -> Entry | None:
        """When it was paused, whom it waits for and why; nothing for readers from outside."""
        if self.outside or self.standing_still is None:
            return None
        last = self._with_actors(Q(data__move="pause_final")).order_by("-seq").first()
        return self._told([last])[0] if last else None

    @property
    def _disputed(self) -> bool:
        return self.report.verdict == Verdict.NOT_OURS and not self.report.ruling

    def _runs(self, kind: ClockKind) -> bool:
        return any(clock.kind == kind and not clock.extended for clock in self.running)

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

    def has_done(self, name: str, *, seen: int | None, once: str) -> bool:
        """Whether the reader has done this very deed: pressed twice, or sent again over a bad line.

        Its mark stands in the history, or it is the one deed since the version that was read.
        """
        if once and self.report.events.filter(data__once=once).exists():
            return True
        last = self.report.events.filter(person__isnull=False).order_by("-seq").first()
        self.report.refresh_from_db(fields=["version"])
        asked = {EventKind.WITHDRAWAL_ASKED: "withdraw"}
        return (
            last is not None
            and last.person == self.reader.public_id
            and (last.move or asked.get(EventKind(last.kind))) == name
            and self.report.version - 1 == seen
        )

    @property
    def has_record(self) -> bool:
        """A closed report is sealed on paper, for the entity and the authority."""
        return self.report.status == Status.CLOSED and not self.outside and self.may_export

    @property
    def may_export(self) -> bool:
        return self.reader.may(Permission.REPORT_EXPORT)

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

    # --- The handshake over a consumed service -------------------------------------------------------------------
    @property
    def asked_answer(self) -> bool:
        """This reader files for the service's owner, which has not answered yet."""
        return "verdict" in self.moves and not self.report.verdict

    @property
    def answer(self) -> str:
        """What the owner answered, in a sentence; empty before."""
        return str(ANSWERS.get(self.report.verdict, ""))

    @property
    def ruling(self) -> str:
        return str(RULINGS.get(self.report.ruling, ""))

    @property
    def files_own(self) -> bool:
        """The answer or the ruling leaves an outage of this reader's own entity to be reported."""
        report = self.report
        if not report.is_open or not self.reader.may(Permission.REPORT_DRAFT) or self.by_authority:
            return False
        if self.own:
            return report.ruling == Ruling.LOCAL
        return report.ruling == Ruling.PROVIDER or (not report.ruling and report.verdict == Verdict.CONFIRMED)

    @cached_property
    def others(self) -> int:
        """How many more entities report the same service now; what they say stays with them."""
        found = Report.objects.visible_to(self.reader).open_outages().filter(kind=ReportKind.CONSUMED_OUTAGE)
        return found.filter(provider_service=self.report.provider_service_id).exclude(pk=self.report.pk).count()

    @cached_property
    def answering(self) -> list[Report]:
        """The owner's own open reports: what its answer may name."""
        reader = self.reader.acting
        own = Report.objects.visible_to(self.reader).filter(kind__in=NAMES.values()).open()
        return list(own.of(reader.entity).select_related("main_service").order_by("-id")[:LINKED]) if reader else []

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

    # --- What happened -------------------------------------------------------------------------------------------
    @cached_property
    def _events(self) -> tuple[list[ReportEvent], bool]:
        condition = FILTERS[self.show][1] & (OUTSIDE if self.outside else Q())
        if self.before is not None:
            condition &= Q(seq__lt=self.before)
        found = list(self._with_actors(condition).order_by("-seq")[: PAGE + 1])
        return found[:PAGE], len(found) > PAGE

    def _with_actors(self, condition: Q) -> QuerySet[ReportEvent]:
        return self.report.events.filter(condition).with_actors()

    def _told(self, events: Iterable[ReportEvent]) -> list[Entry]:
        late = {clock.met_at: clock.late_by for clock in self.clocks if clock.met_at and clock.late_by}
        return [tell(event, self.report, outside=self.outside, late=late) for event in events]

    @cached_property
    def entries(self) -> list[Entry]:
        """The timeline, newest first."""
        return self._told(self._events[0])

    @property
    def older_than(self) -> int | None:
        """Where the next page of the timeline goes on; None where there is none."""
        events, more = self._events
        return events[-1].seq if more else None

    @cached_property
    def questions(self) -> list[Question]:
        """Open questions, the oldest first. They are mostly on the page already; older ones are asked for."""
        clocks = {clock.subject: clock for clock in self.running if clock.kind == ClockKind.C4}
        if self.outside or not clocks:
            return []
        found = [event for event in self._events[0] if event.seq in clocks]
        missing = set(clocks) - {event.seq for event in found}
        if missing:
            found += list(self._with_actors(Q(seq__in=missing)))
        found.sort(key=lambda event: event.seq)
        return [Question(entry, clocks[entry.seq]) for entry in self._told(found)]

    def changes_since(self, version: int) -> list[Entry]:
        """What people did since the page of that version was read, newest first."""
        deeds = max(0, self.report.version - version)
        return self._told(self._with_actors(Q(person__isnull=False)).order_by("-seq")[: min(deeds, PAGE)])

    # --- What stands beside it -------------------------------------------------------------------------------------
    @cached_property
    def files(self) -> list[Attachment]:
        """Attachments; a reader from outside gets none, for a file tells who wrote it."""
        return list(Attachment.objects.of(self.report)) if self.report.has_files and not self.outside else []  # type: ignore[attr-defined]  # annotated

    @cached_property
    def _memberships(self) -> list[Membership]:
        wanted = Q(entity=self.report.entity_id, role__in=CALL_ORDER)
        if "assign" in self.moves:
            wanted |= Q(role__in=REVIEWERS)
        return list(Membership.objects.visible_to(self.reader).usable().filter(wanted).select_related("user"))

    @property
    def team(self) -> list[Membership]:
        """The entity's crisis team and IT leader, in the order in which they are called."""
        if self.outside or not self.reader.may(Permission.TEAM_VIEW):
            return []
        team = [each for each in self._memberships if each.role in CALL_ORDER]
        return sorted(team, key=lambda each: (CALL_ORDER.index(Role(each.role)), each.pk))

    @property
    def reveals(self) -> bool:
        """The reader may ask for somebody's mobile and e-mail in full, after a fresh sign-in and with a reason."""
        return self.reader.may(Permission.CONTACT_REVEAL)

    @property
    def calls_at_once(self) -> bool:
        """Its reviewer reaches the team of an open S1 or S2 outage without either; it is written down all the same."""
        report = self.report
        follows = self.reader.may(Permission.REPORT_TRIAGE) and report.reviewer_id == self.reader.pk
        return follows and report.is_open and report.severity <= Severity.S2

    @property
    def twins(self) -> list[Report]:
        """The open reports of the same entity and kind into which this one may be merged, the newest first."""
        found = Report.objects.visible_to(self.reader).twins_of(lambda name: getattr(self.report, name))
        return list(found.select_related("main_service").order_by("-id")[:LINKED])

    @property
    def reviewers(self) -> list[User]:
        """Who may be given the report, each person once."""
        people = {each.user_id: each.user for each in self._memberships if each.role in REVIEWERS}
        return sorted(people.values(), key=lambda person: person.name)

    @cached_property
    def linked(self) -> list[Report]:
        """The other report of the same submission, and what others report of the same service now."""
        report = self.report
        beside = report.has_neighbours or report.has_folded or report.related_id  # type: ignore[attr-defined]  # annotated
        if self.outside or not beside:
            return []
        neighbours = Q(merged_into=report) | Q(main_service=report.main_service_id) & ~Q(status__in=ENDED)
        if report.kind == ReportKind.OWN_OUTAGE:  # of several services: also those about the others
            neighbours |= Q(owner_reference=report.reference)
        found = Report.objects.visible_to(self.reader).filter(neighbours | Q(pk=report.related_id or 0))
        return list(found.exclude(pk=report.pk).for_page().order_by("-started_at", "-id")[:LINKED])

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
    def pair(self) -> Report | None:
        """The other report of one submission, where this reader may end both at once."""
        other = self.report.related
        if other is None or other.kind == ReportKind.MAINTENANCE or "restore" not in other.moves_for(self.reader):
            return None
        return other


#: What the table cannot know: the deeds that have a moment of their own.
TIMELY: dict[str, Callable[[Case], bool]] = {
    "acknowledge": lambda case: case.report.acknowledged_at is None,
    "undo_acknowledge": lambda case: False,  # the board offers it, for some seconds
    "note": lambda case: case._runs(ClockKind.M2),
    "extend_window": lambda case: case._runs(ClockKind.M4),
    "answer": lambda case: bool(case.questions),
    "withdraw": lambda case: not case.report.withdrawal_reason,
    "confirm_withdrawal": lambda case: bool(case.report.withdrawal_reason),
    "undo_restore": lambda case: case._undoes,
    "reopen": lambda case: case._reopens,
    "stretch_update": lambda case: case.update_clock is not None,
    "merge": lambda case: bool(case.report.has_twins and not case.report.has_folded),  # type: ignore[attr-defined]  # annotated
    "undo_merge": lambda case: case._parts,
    "verdict": lambda case: not case.report.ruling,
    "dispute": lambda case: not case.report.ruling,
    "rule": lambda case: case._disputed and may_rule(case.report, case.reader),
    "ask_extension": lambda case: case._runs(ClockKind.C6) and case.extension_asked is None,
    "refuse_extension": lambda case: case.extension_asked is not None,
    "extend_final": lambda case: case._runs(ClockKind.C6),
    "pause_final": lambda case: any(clock.kind in PAUSABLE for clock in case.running),
    "resume_final": lambda case: case.standing_still is not None,
}
