"""The silent-outage alarm: raised by a consumer's filing, ended by the owner's, by the authority, or by itself.

Two consumers who file at once: the counter of references lets one wait for the other, so the second counts the first;
one open alarm a service is the database's promise. What two filings of different kinds cannot see of each other is put
right by the sweep. No filing ever waits for an alarm's row (docs/adr/0035).
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import DigitalService, Notice, User
from entities.permissions import Permission
from entities.row_security import as_system
from incidents.actions.by_itself import BATCH, one_by_one
from incidents.clocks import Rules
from incidents.errors import MoveRefused
from incidents.lifecycle import ReportKind
from incidents.models import Draft, Policy, Report, SilentOutage, SilentOutageReport
from incidents.models.event import seeding
from incidents.silent import Ground, Reported, common_upstream, ground_of, relying_on, reported_of, unalarmed

Closed = SilentOutage.Closed


# --- Raised, kept true, ended ---------------------------------------------------------------------------------------


@transaction.atomic
def look_at(service: int, *, at: datetime, rules: Rules) -> SilentOutage | None:
    """Raise the alarm of a service, count again, or end it, as its consumers' reports and its owner's word have it.

    Returns the alarm that stands now. One query where nothing is to be done.
    """
    with as_system():
        ground = ground_of(service, at=at, rules=rules)
        rule = rules.alarm(tier=ground.service.tier) if ground else None
        if ground is None or (rule is None and ground.alarm is None):
            return None
        if because := ground.quiet_because:
            if ground.alarm:
                _end(ground.alarm, because, ground=ground, at=at)
            return None
        if not ground.alarm and (rule is None or ground.consumers < rule.consumers):
            return None
        minutes = rule.minutes if rule else 0
        found = reported_of(ground, since=ground.counts_from(at=at, minutes=minutes))
        if ground.alarm:
            return _count_again(ground.alarm, ground, found, at=at)
        if rule is None or found.consumers < rule.consumers:
            return None
        return _raise(ground, found, minutes=minutes, at=at)


def _raise(ground: Ground, found: Reported, *, minutes: int, at: datetime) -> SilentOutage | None:
    """One alarm, and one message to the owner's crisis team; None where another has raised it this moment."""
    service = ground.service
    alarm = SilentOutage(
        service=service, entity_id=service.entity_id, opened_at=at, minutes=minutes, **_figures(service, found)
    )
    try:
        with transaction.atomic():
            alarm.save(force_insert=True)
    except IntegrityError:
        return None
    data = {"alarm": alarm.pk, "consumers": alarm.consumers, "relying": alarm.relying, "severity": alarm.severity}
    alarm.notice = Notice.objects.create(
        kind=Notice.Kind.SILENT_OUTAGE,
        key=f"silent:{alarm.pk}",
        entity_id=service.entity_id,
        service=service,
        data={**data, "since": alarm.since.isoformat()},
        at=at,
        fanned_out_at=at if seeding.get() else None,
    )
    alarm.save(update_fields=["notice"])
    _link(alarm, found)
    return alarm


def _figures(service: DigitalService, found: Reported) -> dict[str, Any]:
    """What an alarm says of the reports it counts."""
    return {
        "since": found.since,
        "severity": found.severity,
        "consumers": found.consumers,
        "relying": max(relying_on(service), found.consumers),
        "symptoms": found.symptoms,
        "common_id": common_upstream(service, consumers=found.entities),
    }


def _link(alarm: SilentOutage, found: Reported) -> None:
    SilentOutageReport.objects.bulk_create(
        [SilentOutageReport(alarm=alarm, report=report) for report in found.reports], ignore_conflicts=True
    )


def _count_again(key: int, ground: Ground, found: Reported, *, at: datetime) -> SilentOutage | None:
    """The figures of an open alarm as they are now; without any report left it ends."""
    if not found.reports:
        _end(key, Closed.ENDED, ground=ground, at=at)
        return None
    alarm = _take(key)
    if alarm is None:
        return None
    figures = _figures(ground.service, found)
    if any(getattr(alarm, name) != value for name, value in figures.items()):
        for name, value in figures.items():
            setattr(alarm, name, value)
        alarm.version += 1
        alarm.save(update_fields=[*figures, "version"])
        _link(alarm, found)
    return alarm


def _take(alarm: int) -> SilentOutage | None:
    """The open alarm, locked; None while somebody else holds it: the sweep comes again."""
    free = SilentOutage.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    return free.open().filter(pk=alarm).first()


def _end(alarm: int, because: Closed, *, ground: Ground, at: datetime) -> None:
    found = _take(alarm)
    if found is None:
        return
    if ground.reported:
        found.report = Report.objects.filter(reference=ground.reported).first()
    _close(found, because, at=at)


def _close(alarm: SilentOutage, because: Closed, *, at: datetime) -> None:
    alarm.closed_at, alarm.closed_because = at, because
    alarm.version += 1
    alarm.save(update_fields=["closed_at", "closed_because", "closed_by", "reason", "report", "version"])


@transaction.atomic
def close_for_owner(report: Report, *, at: datetime) -> int:
    """The owner has reported what was suspected: its alarms end with its filing. One query where there is none."""
    free = SilentOutage.objects.select_for_update(of=("self",), no_key=True, skip_locked=True).open()
    found = list(free.filter(service__in=report.affected.values("service"), entity=report.entity_id))
    for alarm in found:
        alarm.report = report
        _close(alarm, Closed.OWNER_FILED, at=at)
    return len(found)


def watch_silence(*, at: datetime) -> int:
    """What filings could not see: alarms that are due, have changed, or have ended; returns how many stand.

    One service that cannot be looked at stops no other.
    """
    rules = Policy.objects.in_force(at=at).rules

    def watch_service(service: DigitalService, *, at: datetime) -> SilentOutage | None:
        return look_at(service.pk, at=at, rules=rules)

    services = DigitalService.objects.order_by("pk")
    standing = services.filter(pk__in=SilentOutage.objects.open().values("service"))
    missed = services.filter(pk__in=unalarmed(at=at, rules=rules))
    with as_system():
        return sum(one_by_one(found[:BATCH], watch_service, at=at) for found in (standing, missed))


# --- The owner's answer, and the authority's ------------------------------------------------------------------------


@transaction.atomic
def prepare_report(alarm: SilentOutage, *, at: datetime | None = None, by: User) -> Draft:
    """The owner's own report as far as the alarm knows it; a draft on the service that lies there serves as well.

    Raises MoveRefused once the alarm has ended.
    """
    alarm = _open(alarm, by=by)
    mine = Draft.objects.filter(entity=alarm.entity_id, kind=ReportKind.OWN_OUTAGE)
    if (begun := mine.filter(service=alarm.service_id).first()) is not None:
        return begun
    key = uuid.uuid5(uuid.NAMESPACE_OID, f"silent:{alarm.pk}")  # two who press at once begin one draft
    words = {"text": _report_text(alarm, at=at or timezone.now()), "started_by": by, "last_writer": by}
    try:
        draft, _created = Draft.objects.get_or_create(
            entity=alarm.entity, kind=ReportKind.OWN_OUTAGE, key=key, defaults={**words, "service": alarm.service}
        )
    except IntegrityError:  # a colleague has begun one on this service since we looked
        draft = mine.get(service=alarm.service_id)
    return draft


def _report_text(alarm: SilentOutage, *, at: datetime) -> dict[str, Any]:
    """The answers that the alarm gives, as the form keeps them."""
    return {
        "door": "own-outage",
        "services": [str(alarm.service_id)],
        **_typed("started_at", alarm.since),
        **_typed("detected_at", max(at, alarm.since)),
        "symptom": [str(code) for code, _n in alarm.symptoms[:1]],
    }


def _typed(name: str, moment: datetime) -> dict[str, list[str]]:
    local = timezone.localtime(moment)
    return {name: ["other"], f"{name}_date": [f"{local:%d/%m}"], f"{name}_time": [f"{local:%H:%M}"]}


@transaction.atomic
def deny_outage(alarm: SilentOutage, *, evidence: str, by: User) -> SilentOutage:
    """The owner sees nothing wrong, and says what it has looked at: the reviewers hear it and decide.

    The alarm stands until they do. Raises MoveRefused.
    """
    alarm = _open(alarm, by=by)
    if not evidence.strip():
        raise MoveRefused(_("Say what your team has looked at, in a few words."))
    now = timezone.now()
    alarm.denied_at, alarm.denied_by, alarm.evidence = now, by.public_id, evidence
    alarm.version += 1
    alarm.save(update_fields=["denied_at", "denied_by", "evidence", "version"])
    Notice.objects.create(
        kind=Notice.Kind.SILENT_DENIED,
        key=f"silent:{alarm.pk}:denied:{alarm.version}",
        entity=alarm.entity,
        service=alarm.service,
        data={"alarm": alarm.pk, "consumers": alarm.consumers, "relying": alarm.relying},
        at=now,
    )
    return alarm


@transaction.atomic
def dismiss_alarm(alarm: SilentOutage, *, reason: str, by: User) -> SilentOutage:
    """The authority ends it, and says why. What was reported until now raises no other. Raises MoveRefused."""
    if not by.may(Permission.REPORT_TRIAGE):
        raise MoveRefused(_("Only the authority dismisses a suspected outage."))
    if not reason.strip():
        raise MoveRefused(_("Say why, in a few words."))
    alarm = _locked(alarm)
    alarm.closed_by, alarm.reason = by.public_id, reason
    _close(alarm, Closed.DISMISSED, at=timezone.now())
    return alarm


def _open(alarm: SilentOutage, *, by: User) -> SilentOutage:
    """The alarm, locked, for its owner's people."""
    if by.acting is None or by.acting.entity_id != alarm.entity_id:
        raise MoveRefused(_("Only the owner of the service answers."))
    return _locked(alarm)


def _locked(alarm: SilentOutage) -> SilentOutage:
    found = SilentOutage.objects.select_for_update(of=("self",), no_key=True).get(pk=alarm.pk)
    if not found.is_open:
        raise MoveRefused(_("It has ended meanwhile: %(why)s.") % {"why": found.get_closed_because_display()})
    return found
