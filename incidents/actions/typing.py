"""Updates that are typed and not sent: nothing typed is lost, and nobody is reminded of what she is writing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from entities.models import User
from incidents.actions.updates import find_once
from incidents.models import Report, UpdateDraft


@transaction.atomic
def keep_typed(report: Report, *, text: dict[str, Any], once: str, by: User) -> UpdateDraft | None:
    """Keep her words as they stand; none, and what was kept goes. None: they have been sent already, or are none."""
    if not text or find_once(report, once):
        UpdateDraft.objects.filter(report=report, person=by).delete()
        return None
    words = {"text": text, "updated_at": timezone.now()}
    return UpdateDraft.objects.update_or_create(report=report, person=by, defaults=words)[0]


def being_typed(reports: Iterable[int], *, at: datetime) -> set[int]:
    """Of these reports, by key, those of which somebody is typing an update."""
    return set(UpdateDraft.objects.open(at=at).filter(report__in=reports).values_list("report", flat=True))
