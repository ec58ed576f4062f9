"""What is asked of the reports: who sees them, the board's order, the words of a search, what the sweep looks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import (
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Greatest
from django.utils import timezone

from entities.among import Among
from entities.models import DigitalService, Entity, User
from entities.permissions import Permission
from entities.text import search_form
from incidents.defaults import RETURN_AFTER_WARNING, WARN_AFTER
from incidents.gathering import Gathered
from incidents.lifecycle import ENDED, OPEN, RETURNED, ClockKind, EventKind, Lane, ReportKind, Status, Verdict

if TYPE_CHECKING:
    from incidents.models.clock import Clock
    from incidents.models.event import ReportEvent
    from incidents.models.note import ReviewerNote
    from incidents.models.report import Report  # noqa: F401 (the base below names it as text)

#: So long a restored outage is opened again as the same outage (domain/lifecycle.md, Type 1).
REOPEN_WITHIN = timedelta(hours=24)
#: Nothing is owed: sorts after everything that is.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)

BOARD_COLUMNS = (
    "reference", "kind", "status", "severity", "version", "filed_by_id", "lane", "next_clock", "next_due_at",
    "next_started_at", "waits_on_authority", "authority_clock", "authority_due_at", "submitted_at",
    "acknowledged_at", "started_at", "restored_at", "closed_at", "window_start", "actual_start", "actual_end",
    "entity__name_ar", "entity__name_en", "main_service__name_ar", "main_service__name_en",
    "main_service__listed", "unconfirmed_at", "verdict", "ruling",
    "reviewer__name_ar", "reviewer__name_en", "reviewer__public_id",
)  # fmt: skip


def _holding(words: str) -> Q:
    """The text that is searched holds every word."""
    return Q(*(Q(search_text__contains=word) for word in search_form(words).split()))


class ReportQuerySet(models.QuerySet["Report"]):
    def visible_to(self, user: User) -> Self:
        """Reviewers see every filed report; everyone else sees their own entity's and those about its services."""
        if user.acting is None or not user.may(Permission.REPORT_VIEW):
            return self.none()
        if user.acting.entity.is_authority and user.may(Permission.BOARD_VIEW):
            return self
        own = user.acting.entity_id
        services = DigitalService.objects.filter(entity=own).values("pk")
        return self.filter(Q(entity=own) | Q(Among("provider_service_id", services)))

    def of(self, entity: Entity) -> Self:
        return self.filter(entity=entity)

    def open(self) -> Self:
        """Everything that has not ended, paperwork included."""
        return self.unsettled().exclude(status=Status.CLOSED)

    def unsettled(self) -> Self:
        """Beside what is open: what is closed, and has corrective actions that nobody has verified."""
        return self.filter(lane__lt=Lane.ENDED)

    def on_the_board(self) -> Self:
        """In the board's order: the lane, then what is due first."""
        return self.order_by("lane", "next_due_at", "id")

    def late(self, *, at: datetime) -> Self:
        """Something is owed and overdue, by whomever: `Report.is_late` as a filter."""
        return self.filter(lane__lt=Lane.ENDED, next_due_at__lt=at)

    def matching(self, words: str) -> Self:
        """Reports whose reference, service or entity holds every word, in whatever spelling."""
        return self.filter(_holding(words))

    def searched_by(self, user: User, words: str) -> Self:
        """`matching`, for this reader: an entity that asked not to be named is not found by its name either."""
        if not words or user.acting is None or user.acting.entity.is_authority:
            return self.matching(words)
        named = Q(entity=user.acting.entity_id) | Q(share_identity=True)
        return self.filter(Q(reference=words.upper()) | (named & _holding(words)))

    def around(self, *, services: list[DigitalService], at: datetime, window: Any) -> Self:
        """Possible duplicates: filed reports on the same services that started within ±window."""
        return (
            self.filter(services__in=services, started_at__range=(at - window, at + window))
            .exclude(status__in=ENDED)
            .distinct()
        )

    def twins_of(self, told: Callable[[str], Any]) -> Self:
        """Open reports of the same entity, kind and provider as the one of which `told` says what a column holds."""
        provider = Q(provider_service__isnull=True) | Q(provider_service=told("provider_service_id"))
        same = self.filter(provider, entity=told("entity_id"), kind=told("kind"), lane__lte=Lane.OPEN, status__in=OPEN)
        return same.exclude(pk=told("pk"))

    # --- What others report about one's services ---------------------------------------------------------
    def about_services_of(self, entity: Entity) -> Self:
        """Reports of other entities about this one's services: it answers them, and reads them from outside."""
        about = self.filter(kind=ReportKind.CONSUMED_OUTAGE, provider_service__entity=entity)
        return about.exclude(entity=entity)

    def unanswered(self) -> Self:
        """Of consumed services: the owner has not said yet whether the outage is its own, and it goes on."""
        return self.filter(kind=ReportKind.CONSUMED_OUTAGE, lane__lte=Lane.OPEN, status__in=OPEN, verdict="")

    def with_answer_due(self) -> Self:
        """Each with the moment by which the owner's answer is owed; None where no clock runs."""
        from incidents.models.clock import Clock

        owed = Clock.objects.running().filter(report=OuterRef("pk"), kind=ClockKind.D1)
        return self.annotate(
            answer_due_at=Subquery(owed.values("due_at")[:1]), answer_started_at=Subquery(owed.values("started_at")[:1])
        )

    # --- What the clock sweep looks for ------------------------------------------------------------------
    def to_start(self, *, at: datetime) -> Self:
        """Maintenance whose window has begun and that starts by itself."""
        return self._scheduled().filter(auto_start=True, window_start__lte=at, window_end__gt=at)

    def to_miss(self, *, at: datetime) -> Self:
        """Maintenance whose window has passed without a start, and of which nothing was said yet."""
        return self._scheduled().filter(window_end__lte=at, missed_at__isnull=True)

    def works_around(self, *, at: datetime) -> Self:
        """Maintenance that goes on, or whose window holds this moment: what an outage may come from."""
        inside = Q(status=Status.SCHEDULED, window_start__lte=at, window_end__gt=at)
        return self.filter(Q(status=Status.IN_PROGRESS) | inside, lane=Lane.PLANNED).order_by("-window_start")[:5]

    def _scheduled(self) -> Self:
        return self.filter(lane=Lane.PLANNED, status=Status.SCHEDULED)

    def overrunning(self, *, at: datetime) -> Self:
        """Work that goes on beyond its window, or beyond the extension that was declared, and brought no draft yet."""
        agreed = Coalesce("extended_until", "window_end")
        going_on = self.filter(lane=Lane.PLANNED, status=Status.IN_PROGRESS, overrun_key__isnull=True)
        return going_on.alias(agreed_until=agreed).filter(agreed_until__lte=at)

    def _consumed(self) -> Self:
        """Reports of consumed services, each with what its owner says: down again, and the last return recorded."""
        owners = self.model.objects.filter(
            kind=ReportKind.OWN_OUTAGE,
            services=OuterRef("provider_service"),
            entity=OuterRef("provider_service__entity"),
        )
        returned = owners.filter(restored_at__gte=OuterRef("started_at"), status__in=RETURNED)
        return self.filter(kind=ReportKind.CONSUMED_OUTAGE).annotate(
            owner_down=Exists(owners.filter(status__in=OPEN)),
            owner_back=Subquery(returned.order_by("-restored_recorded_at").values("restored_recorded_at")[:1]),
            owner_closed=Exists(returned.filter(status=Status.CLOSED)),
        )

    def to_link(self) -> Self:
        """Open consumed outages whose owner has reported the same, by a report they do not name yet."""
        owners = self.model.objects.filter(
            kind=ReportKind.OWN_OUTAGE,
            services=OuterRef("provider_service"),
            entity=OuterRef("provider_service__entity"),
            status__in=OPEN,
        )
        newest = Subquery(owners.order_by("-submitted_at", "-pk").values("reference")[:1])
        open_ones = self.open_outages().filter(kind=ReportKind.CONSUMED_OUTAGE).annotate(owner_reports=newest)
        return open_ones.filter(owner_reports__isnull=False).exclude(owner_reference=F("owner_reports"))

    def to_ask_for_return(self) -> Self:
        """Open consumed outages whose service is back, says its owner, and whose consumer was not asked about it."""
        open_ones = self._consumed().filter(lane__lte=Lane.OPEN, status__in=OPEN, owner_down=False)
        unasked = Q(return_asked_for__isnull=True) | Q(return_asked_for__lt=F("owner_back"))
        return open_ones.filter(unasked, owner_back__isnull=False)

    def to_recall(self) -> Self:
        """Consumed outages whose consumer was asked, and whose owner says no more that it is back."""
        asked = Exists(self._asking().filter(report=OuterRef("pk")))
        gone = Q(owner_down=True) | Q(owner_back__isnull=True)
        return self._consumed().filter(asked, gone, lane__lte=Lane.OPEN)

    def to_restore(self, *, at: datetime) -> Self:
        """Consumed outages whose consumer was asked whether the service is back, and was silent until due."""
        asked = Exists(self._asking().filter(report=OuterRef("pk"), due_at__lte=at))
        return self._consumed().filter(asked, lane__lte=Lane.OPEN, status__in=OPEN, owner_back__isnull=False)

    @staticmethod
    def _asking() -> models.QuerySet[Clock]:
        from incidents.models.clock import Clock

        return Clock.objects.running().filter(kind=ClockKind.D3)

    def to_close(self, *, at: datetime) -> Self:
        """Restored consumed outages whose owner's outage is closed, once reopening is no longer possible."""
        settled = at - REOPEN_WITHIN
        done = self._consumed().filter(lane=Lane.PAPERWORK, status=Status.RESTORED, owner_closed=True, owner_down=False)
        done = done.exclude(verdict=Verdict.NOT_OURS, ruling="")  # the authority has still to say whose it was
        return done.filter(restored_recorded_at__lte=settled)

    # --- What the watchdogs look for -----------------------------------------------------------------------
    def to_watch(self, mark: str, *, after: timedelta | None, tiers: Iterable[int] | None, at: datetime) -> Self:
        """Own outages that have gone on beyond a mark, and of which nothing was said since it came.

        `after` None: the mark is the recovery time objective of the main service. It may be raised once it was spoken
        of, so a mark of this name is never said twice.
        """
        length: Any = Value(after, output_field=DurationField())
        if after is None:
            minutes = Cast("main_service__rto_minutes", IntegerField())  # SQLite multiplies no other kind
            length = ExpressionWrapper(minutes * Value(timedelta(minutes=1)), output_field=DurationField())
        going_on = self.open_outages().filter(kind=ReportKind.OWN_OUTAGE)
        if tiers is not None:
            going_on = going_on.filter(tier__in=tiers)
        beyond = ExpressionWrapper(F("started_at") + length, output_field=DateTimeField())
        said = self._events().filter(Q(at__gte=OuterRef("mark_at")) | Q(mark=mark), data__move="watch")
        return going_on.annotate(mark_at=beyond, mark=Value(mark)).filter(~Exists(said), mark_at__lte=at)

    def estimate_passed(self, *, at: datetime) -> Self:
        """Own outages that should have been over by their estimate, and whose entity was not asked for another."""
        going_on = self.open_outages().filter(kind=ReportKind.OWN_OUTAGE, expected_restoration_at__lte=at)
        asked = self._events().filter(data__move="ask_estimate", at__gte=OuterRef("expected_restoration_at"))
        return going_on.filter(~Exists(asked))

    def to_warn(self, *, at: datetime) -> Self:
        """Reports whose reviewer is silent, and was not told of this silence."""
        return self._reviewer_silent(at=at).filter(~Exists(self._warnings()))

    def to_return(self, *, at: datetime) -> Self:
        """Reports whose reviewer was told, and is silent still."""
        return self._reviewer_silent(at=at).filter(Exists(self._warnings().filter(at__lte=at - RETURN_AFTER_WARNING)))

    def _reviewer_silent(self, *, at: datetime) -> Self:
        """Open S1-S2 outages that wait on the authority, whose reviewer has done nothing for WARN_AFTER.

        Silence counts from her last deed or note, and from when the report became hers, became urgent or began to wait.
        """
        waiting = self.open_outages().filter(lane=Lane.URGENT, reviewer__isnull=False)
        waiting = waiting.filter(Q(authority_due_at__lt=NEVER) | ~Q(withdrawal_reason=""))
        events = self._events()
        moments = (
            events.filter(person=OuterRef("reviewer__public_id")),
            events.filter(kind__in=[EventKind.ASSIGNED, EventKind.SEVERITY]),
            events.filter(kind=EventKind.WITHDRAWAL_ASKED, report__authority_due_at=NEVER),
        )
        latest = [Coalesce(Subquery(each.order_by("-at").values("at")[:1]), F("submitted_at")) for each in moments]
        noted = self._notes().filter(author=OuterRef("reviewer")).order_by("-at").values("at")[:1]
        since = Greatest(*latest, Coalesce(Subquery(noted), F("submitted_at")))
        return waiting.annotate(silent_since=since).filter(silent_since__lte=at - WARN_AFTER)

    def _warnings(self) -> models.QuerySet[ReportEvent]:
        return self._events().filter(data__move="warn_reviewer", at__gte=OuterRef("silent_since"))

    @staticmethod
    def _events() -> models.QuerySet[ReportEvent]:
        from incidents.models.event import ReportEvent

        return ReportEvent.objects.filter(report=OuterRef("pk"))

    @staticmethod
    def _notes() -> models.QuerySet[ReviewerNote]:
        from incidents.models.note import ReviewerNote

        return ReviewerNote.objects.filter(report=OuterRef("pk"))

    def open_outages(self) -> Self:
        """Own and consumed outages that go on."""
        return self.filter(lane__lte=Lane.OPEN, status__in=OPEN)

    def recorded_for_it(self) -> Self:
        """Written down by the authority on the entity's behalf, and not confirmed by the entity yet."""
        return self.exclude(on_behalf_caller="").filter(entity_confirmed_at__isnull=True).open()

    def for_board(self, *, at: datetime | None = None) -> Self:
        """With the columns a row of the board shows, without the long texts, and `silent`: the next update is late by
        half its time (domain/lifecycle.md, Reminders).
        """
        from incidents.models.clock import Clock

        updates = Clock.objects.running().filter(report=OuterRef("pk"), kind=ClockKind.C3)
        silent = Exists(updates.late_by_half(at=at or timezone.now()))
        return self.select_related("entity", "main_service", "reviewer").only(*BOARD_COLUMNS).annotate(silent=silent)

    def with_tags(self) -> Self:
        """Each with its `tags`, as words; None without any. For the authority: to others they do not exist."""
        from incidents.models.tag import ReportTag

        links = ReportTag.objects.filter(report=OuterRef("pk")).order_by("pk")
        return self.annotate(tags=Gathered(links.values(line=F("tag__label"))))

    def with_changes(self, *, since: datetime | None, beside: User) -> Self:
        """Each with `changed`: somebody else than this person has done something to it since. A reminder is no deed."""
        if since is None:
            return self.annotate(changed=Value(False))
        deeds = self._events().filter(recorded_at__gt=since).exclude(kind__in=[EventKind.REMINDED, EventKind.WATCHED])
        return self.annotate(changed=Exists(deeds.exclude(person=beside.public_id)))

    def for_page(self) -> Self:
        """With everything a row or a page shows, so that no template asks again."""
        return self.select_related("entity", "main_service", "provider_service", "provider_service__entity", "reviewer")
