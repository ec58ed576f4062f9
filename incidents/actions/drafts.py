"""Drafts: saved as they are typed, one writer told of the other, gone once filed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from entities.models import DigitalService, Entity, User
from incidents.models import Draft, Report
from incidents.models.draft import MOST_UNNAMED


@dataclass(frozen=True)
class Saved:
    """What became of an autosave: saved, or stale (somebody else wrote since), or filed meanwhile, or one too many.

    `too_many`: so many drafts that name no service she has already.
    """

    draft: Draft | None
    stale: bool = False
    report: Report | None = None
    too_many: int = 0


@transaction.atomic
def save_draft(
    *,
    kind: str,
    entity: Entity,
    key: uuid.UUID,
    text: dict[str, Any],
    service: DigitalService | None,
    version: int | None,
    by: User,
) -> Saved:
    """Save the raw text of a form. With a version it only updates, never creates (decisions.md, Draft).

    Beyond MOST_UNNAMED of hers that name no service, nothing more is begun without one.
    """
    draft = Draft.objects.select_for_update().filter(entity=entity, kind=kind, key=key).first()
    if draft is None:
        report = Report.objects.filter(entity=entity, kind=kind, key=key).first()
        if report is not None or version is not None:
            return Saved(None, report=report)
        if (hers := _unnamed(kind=kind, entity=entity, service=service, by=by)) >= MOST_UNNAMED:
            return Saved(None, too_many=hers)
        return Saved(_create(kind=kind, entity=entity, key=key, text=text, service=service, by=by))
    if version is not None and version != draft.version:
        return Saved(draft, stale=True)
    draft.text, draft.last_writer, draft.updated_at = text, by, timezone.now()
    draft.version += 1
    draft.save(update_fields=["text", "last_writer", "updated_at", "version"])
    _name_service(draft, service)
    return Saved(draft)


def _unnamed(*, kind: str, entity: Entity, service: DigitalService | None, by: User) -> int:
    """How many of hers name no service, where this one would name none either: a live draft may have the chosen one."""
    if service and not Draft.objects.filter(entity=entity, kind=kind, service=service).exists():
        return 0
    return Draft.objects.unnamed(entity=entity, by=by).count()


def _create(
    *,
    kind: str,
    entity: Entity,
    key: uuid.UUID,
    text: dict[str, Any],
    service: DigitalService | None,
    by: User,
) -> Draft:
    # Two autosaves of a page that has no version yet may cross: the row is there once.
    first = {"text": text, "started_by": by, "last_writer": by}
    draft, _created = Draft.objects.get_or_create(entity=entity, kind=kind, key=key, defaults=first)
    _name_service(draft, service)
    return draft


def _name_service(draft: Draft, service: DigitalService | None) -> None:
    """Name the draft's service, unless a colleague's live draft already has it: the page offers that one."""
    if service is None or draft.service_id == service.pk:
        return
    try:
        with transaction.atomic():
            draft.service = service
            draft.save(update_fields=["service"])
    except IntegrityError:
        draft.service = None


@transaction.atomic
def discard_draft(draft: Draft, *, by: User) -> None:
    """Throw a draft away; nobody but the entity ever knew of it."""
    Draft.objects.filter(pk=draft.pk, entity=by.acting.entity_id if by.acting else None).delete()
