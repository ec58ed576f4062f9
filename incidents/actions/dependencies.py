"""Who relies on whom: the consumer declares it, the provider confirms or denies it (docs/adr/0032)."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import AuditEvent, DigitalService, Notice, ServiceDependency, User
from entities.models.audit import Entry
from entities.models.catalogue import ServiceDependencyQuerySet
from entities.row_security import as_system
from incidents.errors import MoveRefused

State = ServiceDependency.State


class DependencyRefused(MoveRefused):
    """The dependency stays as it is."""


@transaction.atomic
def declare_dependency(
    *, consumer: DigitalService, provider: DigitalService, strength: str, by: User
) -> ServiceDependency:
    """Say that one's own service relies on another; one that was denied is asked about again. DependencyRefused."""
    _own(consumer.entity_id, by=by)
    link, added = ServiceDependency.objects.select_for_update(no_key=True).get_or_create(
        consumer=consumer, provider=provider, defaults={"strength": strength}
    )
    if not added and link.state != State.DENIED:
        raise DependencyRefused(_("This dependency is recorded already."))
    if not added:
        link.state, link.denial_reason, link.strength = State.DECLARED, "", strength
        link.decided_by = link.decided_at = None
        link.save()
    _audit(link, consumer, done="declared", by=by)
    return link


@transaction.atomic
def weigh_dependency(dependency: ServiceDependency, *, strength: str, by: User) -> ServiceDependency:
    """Say anew whether the consumer stops without it. How much it hurts only the consumer knows: the state stays."""
    link = _lock(dependency)
    _own(link.consumer.entity_id, by=by)
    if link.strength != strength:
        link.strength = strength
        link.save(update_fields=["strength"])
        _audit(link, link.consumer, done=f"strength_{strength}", by=by)
    return link


@transaction.atomic
def remove_dependency(dependency: ServiceDependency, *, by: User) -> ServiceDependency:
    """The consumer's service relies on it no more; the security log keeps that it did."""
    link = _lock(dependency)
    _own(link.consumer.entity_id, by=by)
    _audit(link, link.consumer, done="removed", by=by)
    link.delete()
    return link


@transaction.atomic
def confirm_dependencies(dependencies: ServiceDependencyQuerySet, *, by: User) -> int:
    """The provider knows these consumers; returns how many were not confirmed before. DependencyRefused."""
    found = dependencies.exclude(state=State.CONFIRMED).select_related("consumer", "provider__entity")
    links = list(found.select_for_update(of=("self",), no_key=True).order_by("pk"))
    for link in links:
        _own(link.provider.entity_id, by=by)
        link.state, link.denial_reason = State.CONFIRMED, ""
        link.decided_by, link.decided_at = by.public_id, timezone.now()
    if links:
        ServiceDependency.objects.bulk_update(links, ["state", "denial_reason", "decided_by", "decided_at"])
        role = by.acting.role if by.acting else ""
        marks = by.acting.marks if by.acting else {}
        lines = [
            Entry(AuditEvent.Action.CATALOGUE, by.public_id, role, _said(link, done="confirmed") | marks)
            for link in links
        ]
        AuditEvent.append(links[0].provider.entity, lines)
    return len(links)


@transaction.atomic
def deny_dependency(dependency: ServiceDependency, *, reason: str, by: User) -> ServiceDependency:
    """The provider says that this consumer does not rely on its service: it counts no more, and the consumer hears."""
    link = _lock(dependency)
    _own(link.provider.entity_id, by=by)
    if link.state == State.DENIED:
        raise DependencyRefused(_("This dependency has been denied already."))
    link.state, link.denial_reason = State.DENIED, reason
    link.decided_by, link.decided_at = by.public_id, timezone.now()
    link.save()
    _audit(link, link.provider, done="denied", by=by)
    if link.consumer.entity_id != link.provider.entity_id:
        _tell(link)
    return link


def _tell(link: ServiceDependency) -> None:
    """The consumer hears of the denial; what another entity is told, the system writes."""
    with as_system():
        Notice.objects.create(
            kind=Notice.Kind.DEPENDENCY_DENIED,
            key=f"dependency:{link.pk}:{timezone.now().isoformat()}",
            entity=link.consumer.entity,
            service=link.provider,
            data={"dependency": link.pk, "consumer": link.consumer_id},
        )


def _lock(dependency: ServiceDependency) -> ServiceDependency:
    found = ServiceDependency.objects.select_related("consumer__entity", "provider__entity")
    try:
        return found.select_for_update(of=("self",), no_key=True).get(pk=dependency.pk)
    except ServiceDependency.DoesNotExist:
        raise DependencyRefused(_("This dependency has been removed meanwhile.")) from None


def _own(entity: int, *, by: User) -> None:
    if by.acting is None or by.acting.entity_id != entity:
        raise DependencyRefused(_("This is for the other entity to say."))


def _said(link: ServiceDependency, *, done: str) -> dict[str, Any]:
    return {"model": "servicedependency", "pk": str(link.pk), "done": done}


def _audit(link: ServiceDependency, service: DigitalService, *, done: str, by: User) -> None:
    """A line in the chain of whoever said it; what was typed stays out of it."""
    AuditEvent.record(AuditEvent.Action.CATALOGUE, entity=service.entity, by=by, **_said(link, done=done))
