"""Services that people named because the catalogue did not hold them: taken into it, or found in it.

Either way the reports that name one are pointed at a service of the catalogue, each with one event, and from then on
the owner sees them and hears of them. What was judged before stays judged: clocks that run keep their moments.
"""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import AuditEvent, DigitalService, Entity, User
from entities.permissions import Permission
from incidents.actions.filing import Answers, remember_dependencies, search_text
from incidents.actions.handshake import ask_owner
from incidents.actions.moves import lock
from incidents.assessment import assess_report, tier_of
from incidents.errors import MoveRefused
from incidents.lifecycle import ENDED, EventKind, ReportKind
from incidents.models import Report

POINTERS = ("provider_service", "main_service", "upstream_service")


@transaction.atomic
def adopt_service(
    unlisted: DigitalService,
    *,
    entity: Entity,
    code: str,
    name_ar: str,
    name_en: str,
    tier: int,
    users_per_day: int | None = None,
    rto_minutes: int | None = None,
    by: User,
) -> DigitalService:
    """Take the service into the catalogue, under its owner and its own names. Raises MoveRefused."""
    service, typed = _claimed(unlisted, by=by)
    service.entity, service.code, service.name_ar, service.name_en = entity, code, name_ar, name_en
    service.tier, service.users_per_day, service.rto_minutes = tier, users_per_day, rto_minutes
    service.listed = True
    service.search_text = DigitalService.search_text_for(name_ar=name_ar, name_en=name_en, entity=entity)
    try:
        with transaction.atomic():
            service.save()
    except IntegrityError:
        raise MoveRefused(_("This entity has a service with this code already.")) from None
    _point(service.pk, at=service, typed=typed, by=by)
    _audit(service, done="adopted", by=by)
    return service


@transaction.atomic
def identify_service(unlisted: DigitalService, *, service: DigitalService, by: User) -> DigitalService:
    """Say which service of the catalogue was meant; what was typed is put away. Raises MoveRefused."""
    put_away, typed = _claimed(unlisted, by=by)
    if not service.listed:
        raise MoveRefused(_("Choose a service of the catalogue."))
    put_away.is_active = False
    put_away.save(update_fields=["is_active"])
    _point(put_away.pk, at=service, typed=typed, by=by)
    _audit(service, done="identified", by=by)
    return service


def _claimed(unlisted: DigitalService, *, by: User) -> tuple[DigitalService, dict[str, str]]:
    """The row, locked, and what was typed; two admins settle it once."""
    if not by.may(Permission.ADMINISTER):
        raise MoveRefused(_("Only an admin changes the catalogue."))
    service = DigitalService.objects.select_for_update(of=("self",), no_key=True).get(pk=unlisted.pk)
    if service.listed or not service.is_active:
        raise MoveRefused(_("This service has been settled already."))
    return service, {"typed": service.name_ar, "owner": service.owner_named}


def _point(key: int, *, at: DigitalService, typed: dict[str, str], by: User) -> None:
    """Point every report that names the row `key` at the service, in one order everywhere."""
    named = Report.objects.filter(Q(provider_service=key) | Q(upstream_service=key) | Q(main_service=key))
    for each in named.order_by("pk"):
        report = lock(each)
        if report.entity_id == at.entity_id:
            raise MoveRefused(
                _("This service belongs to the entity that filed %(reference)s.") % {"reference": report.reference}
            )
        for name in POINTERS:
            if getattr(report, f"{name}_id") == key:
                setattr(report, name, at)
        names = {"ar": [at.name_ar, at.entity.name_ar], "en": [at.name_in("en"), at.entity.name_in("en")]}
        data = {**typed, "service": f"{at.entity.code}.{at.code}", **names, **_weigh_again(report)}
        event = report.record(EventKind.NAMED, by=by, at=timezone.now(), data=data)
        ask_owner(report, event=event)
        report.save()


def _weigh_again(report: Report) -> dict[str, Any]:
    """What the service's own tier says from now on. The severity in force stays: a reviewer judges it."""
    if report.kind != ReportKind.CONSUMED_OUTAGE:
        return {}
    affected = [(each.service, each.impact) for each in report.affected.select_related("service").order_by("pk")]
    answers = Answers(affected, {"provider_service": report.provider_service})
    report.search_text = search_text(report, answers)
    remember_dependencies(answers)
    if report.status in ENDED:
        return {}
    assessed = assess_report(
        report.kind,
        affected=affected,
        weights=report.policy.rules.weights,
        provider=report.provider_service,
        started_at=report.started_at,
        users=report.users_affected,
        at=report.submitted_at,
    )
    report.tier = tier_of(affected, report.provider_service)
    report.severity_suggested, report.severity_reasons = assessed.severity, list(assessed.reasons)
    return {"suggested": int(assessed.severity), "severity": report.severity}


def _audit(service: DigitalService, *, done: str, by: User) -> None:
    AuditEvent.record(
        AuditEvent.Action.CATALOGUE,
        entity=service.entity,
        by=by,
        model="digitalservice",
        pk=str(service.pk),
        done=done,
    )
