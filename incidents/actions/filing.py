"""Filing: the report, its first event and its clocks commit together, and the draft goes."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.chain import canonical
from entities.models import DigitalService, Entity, ServiceDependency, User
from entities.permissions import Role
from entities.text import search_form
from incidents.actions.silent import close_for_owner, look_at
from incidents.actions.timekeeping import due_moment, met_clock, new_clock, owner_answers, refresh_board
from incidents.actions.updates import restore
from incidents.assessment import assess_report, tier_of
from incidents.calendar import RIYADH
from incidents.errors import LeadTimeShort
from incidents.lifecycle import FILING, ClockKind, EventKind, Lane, Phase, ReportKind
from incidents.models import AffectedService, Clock, Draft, Policy, ReferenceCounter, Report
from incidents.models.event import seeding
from incidents.models.policy import work_calendar
from incidents.severity import Assessment


@dataclass(frozen=True)
class Answers:
    """What a valid form says: the affected services with their impact, and columns of Report by name.

    `conflicts`: what stood in the way of a window and was acknowledged, for the history (incidents.radar).
    `paper`: why it was written on paper first (incidents.offline), empty for what is filed at once.
    """

    affected: Sequence[tuple[DigitalService, str]]
    columns: dict[str, Any] = field(default_factory=dict)
    conflicts: Sequence[dict[str, Any]] = ()
    conflict_reason: str = ""
    paper: str = ""

    @property
    def provider(self) -> DigitalService | None:
        service: DigitalService | None = self.columns.get("provider_service")
        return service

    @property
    def fingerprint(self) -> str:
        """The digest of the text: whether a repeated key says the same thing."""
        plain = {name: _plain(value) for name, value in self.columns.items()}
        affected = sorted((service.pk, impact) for service, impact in self.affected)
        return hashlib.sha256(canonical({"columns": plain, "affected": affected})).hexdigest()


def _plain(value: Any) -> Any:
    """A row by its key; a service that is not in the catalogue by what was typed, because it has none yet."""
    if isinstance(value, DigitalService) and not value.listed:
        return [value.name_ar, value.owner_named]
    return value.pk if isinstance(value, models.Model) else value


@dataclass(frozen=True)
class Filed:
    """The report behind the key: new, or the one that existed, and whether the text is what it says."""

    report: Report
    is_new: bool
    same_text: bool = True


def file_report(
    *, kind: str, entity: Entity, key: uuid.UUID, answers: Answers, at: datetime | None = None, by: User
) -> Filed:
    """File a report, once a key: the same key answers with the report that exists, whoever asks how often.

    Raises LeadTimeShort for works that are an emergency without a reason.
    """
    try:
        with transaction.atomic():
            return Filed(_file(kind=kind, entity=entity, key=key, answers=answers, at=at, by=by), is_new=True)
    except IntegrityError:
        # The key has filed before, a moment ago or yesterday; what it filed is the answer, and no number is lost.
        existing = Report.objects.filter(entity=entity, kind=kind, key=key).first()
        if existing is None:
            raise
    return Filed(existing, is_new=False, same_text=existing.fingerprint == answers.fingerprint)


@transaction.atomic
def file_ended_outage(
    *, entity: Entity, key: uuid.UUID, answers: Answers, restored_at: datetime, at: datetime | None = None, by: User
) -> Filed:
    """An outage that was over before anybody reported it: filed and restored in one go. Raises MoveRefused."""
    filed = file_report(kind=ReportKind.OWN_OUTAGE, entity=entity, key=key, answers=answers, at=at, by=by)
    if filed.is_new:
        restore(filed.report, restored_at=restored_at, at=at, by=by)
    return filed


@transaction.atomic
def file_pair(
    *, entity: Entity, key: uuid.UUID, own: Answers, consumed: Answers, at: datetime | None = None, by: User
) -> tuple[Filed, Filed]:
    """One of ours is down because of another's: two linked reports with one key, in one transaction."""
    # References are taken in alphabetical order of the kinds, so that two filings never wait for each other.
    dep = file_report(kind=ReportKind.CONSUMED_OUTAGE, entity=entity, key=key, answers=consumed, at=at, by=by)
    if consumed.provider is not None and not consumed.provider.listed:
        # Written down by the first of the two; the second points at the same row.
        own = replace(own, columns={**own.columns, "upstream_service": dep.report.provider_service})
    out = file_report(kind=ReportKind.OWN_OUTAGE, entity=entity, key=key, answers=own, at=at, by=by)
    if out.is_new or dep.is_new:
        Report.objects.filter(pk=out.report.pk).update(related=dep.report)
        Report.objects.filter(pk=dep.report.pk).update(related=out.report)
    return out, dep


def _file(*, kind: str, entity: Entity, key: uuid.UUID, answers: Answers, at: datetime | None, by: User) -> Report:
    happened, recorded = at or timezone.now(), timezone.now()
    if seeding.get():
        recorded = happened
    policy = Policy.objects.in_force(at=recorded)
    answers = _written_down(answers, entity=entity)
    assessed = _assess(kind, answers, policy, at=happened)
    filing = FILING[ReportKind(kind)]
    main = _main_service(answers)
    report = Report(
        kind=kind,
        entity=entity,
        key=key,
        fingerprint=answers.fingerprint,
        status=filing.status,
        severity=assessed.severity,
        severity_suggested=assessed.severity,
        severity_reasons=list(assessed.reasons),
        tier=tier_of(answers.affected, answers.provider),
        policy=policy,
        main_service=main,
        filed_by=by,
        reporter_capacity=by.acting.role if by.acting else Role.DIRECTOR,
        submitted_at=happened,
        phase=Phase.INVESTIGATING,
        lane=Lane.OPEN,
        **answers.columns,
    )
    refuse_short_notice(report)
    starts = [clock for clock in filing.starts if clock != ClockKind.D1 or owner_answers(report)]
    report.reference = ReferenceCounter.take(kind, year=recorded.astimezone(RIYADH).year)
    report.search_text = search_text(report, answers)
    report.save(force_insert=True)
    AffectedService.objects.bulk_create(
        AffectedService(report=report, service=service, impact=impact) for service, impact in answers.affected
    )
    remember_dependencies(answers)
    event = report.record(EventKind.FILED, by=by, at=happened, data=_told(answers, assessed))
    started = [judged_clock(report, filing.judges, at=happened)]
    started += [new_clock(report, clock, event=event) for clock in starts]
    clocks = Clock.objects.bulk_create(clock for clock in started if clock is not None)
    refresh_board(report, clocks)
    report.save()
    Draft.objects.filter(entity=entity, kind=kind, key=key).delete()
    if kind == ReportKind.CONSUMED_OUTAGE:
        look_at(main.pk, at=recorded, rules=policy.rules)
    elif kind == ReportKind.OWN_OUTAGE:
        close_for_owner(report, at=recorded)
    return report


def _told(answers: Answers, assessed: Assessment) -> dict[str, Any]:
    """What the history keeps of a filing: how it was judged, which conflicts were acknowledged, why it was on paper."""
    told = {"severity": int(assessed.severity), "points": assessed.points, "fingerprint": answers.fingerprint}
    if answers.conflicts:
        told |= {"conflicts": list(answers.conflicts), "conflict_reason": answers.conflict_reason}
    if answers.paper:
        told["paper"] = answers.paper
    return told


def _written_down(answers: Answers, *, entity: Entity) -> Answers:
    """A provider's service that the catalogue does not hold becomes a row here, in the filing's own transaction."""
    provider = answers.provider
    if provider is None or not provider._state.adding:
        return answers
    kept = DigitalService.objects.write_down(provider, sector=entity.sector)
    return replace(answers, columns={**answers.columns, "provider_service": kept})


def _assess(kind: str, answers: Answers, policy: Policy, *, at: datetime) -> Assessment:
    return assess_report(
        kind,
        affected=answers.affected,
        weights=policy.rules.weights,
        provider=answers.provider,
        started_at=answers.columns.get("started_at"),
        window=window_of(answers.columns),
        users=answers.columns.get("users_affected"),
        cyber=answers.columns.get("cyber_suspected") == "yes",
        at=at,
    )


def window_of(columns: dict[str, Any]) -> tuple[datetime, datetime] | None:
    """When works are planned for, as far as both ends are said."""
    start, end = columns.get("window_start"), columns.get("window_end")
    return (start, end) if start and end else None


def _main_service(answers: Answers) -> DigitalService:
    """The service the board names: the provider's where one fails us, else the highest tier among ours."""
    return answers.provider or min((service for service, _impact in answers.affected), key=lambda s: (s.tier, s.pk))


def search_text(report: Report, answers: Answers) -> str:
    """The words a search looks in: the reference, the entity, the services, and whose they are."""
    named = [report.entity, *(service for service, _impact in answers.affected)]
    names = []
    if provider := answers.provider:
        named.append(provider)
        if provider.listed:
            named.append(provider.entity)
        names.append(provider.owner_named)
    names = [name for thing in named for name in (thing.name_ar, thing.name_en)] + names
    return search_form(" ".join([report.reference, *names]))[:1000]


def remember_dependencies(answers: Answers) -> None:
    """A consumed outage says who relies on whom: what the catalogue does not know is added, unverified."""
    if answers.provider and answers.provider.listed:
        ServiceDependency.objects.bulk_create(
            [ServiceDependency(consumer=service, provider=answers.provider) for service, _impact in answers.affected],
            ignore_conflicts=True,
        )


def judge(report: Report, kind: ClockKind, *, at: datetime) -> None:
    """Write the clock that filing, or rescheduling, meets at once."""
    if clock := judged_clock(report, kind, at=at):
        clock.save(force_insert=True)


def judged_clock(report: Report, kind: ClockKind, *, at: datetime) -> Clock | None:
    """C1 by the moment the notice was given; M1 by the working time left before the window. Not saved yet."""
    if kind == ClockKind.C1:
        started = report.detected_at or at
        due = due_moment(report, kind, start=started)
        return met_clock(report, kind, started_at=started, due_at=due, at=at, late=at > due) if due else None
    if report.window_start is None:
        return None
    return met_clock(
        report, kind, started_at=at, due_at=report.window_start, at=at, late=is_short_notice(report, at=at)
    )


def is_short_notice(report: Report, *, at: datetime) -> bool:
    """Whether less working time is left before the works than their lead time (M1)."""
    rule = report.policy.rules.rule(ClockKind.M1, kind=report.kind, severity=report.severity, tier=report.tier)
    if rule is None or report.window_start is None:
        return False
    return work_calendar().working_minutes_between(at, report.window_start) < rule.minutes


def refuse_short_notice(report: Report) -> None:
    """Works nearer than their lead time are an emergency by themselves, with a reason. Raises LeadTimeShort."""
    if report.kind != ReportKind.MAINTENANCE or report.is_emergency:
        return
    if is_short_notice(report, at=report.submitted_at):
        if not report.emergency_reason:
            raise LeadTimeShort(_("The works are nearer than their lead time: say why they cannot wait."))
        report.is_emergency = True
