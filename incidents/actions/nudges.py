"""A word to those whose report was begun and not sent: until then nobody but them knows of the outage."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat

from entities.models import Notice
from incidents.lifecycle import ReportKind
from incidents.models import Draft

UNSENT_FOR = timedelta(minutes=10)


@transaction.atomic
def remind_unsent_drafts(*, at: datetime) -> int:
    """Write one notice for each draft of an outage on tier 0–1 that lies unsent for ten minutes; returns how many.

    Once a draft, however often it runs (domain/lifecycle.md, Type 1). For the sweep.
    """
    key = Concat(Value("draft:"), Cast("pk", CharField()), Value(":10m"))
    due = (
        Draft.objects.filter(created_at__lte=at - UNSENT_FOR, service__tier__lte=1)
        .exclude(kind=ReportKind.MAINTENANCE)
        .annotate(notice_key=key)
        .exclude(Exists(Notice.objects.filter(key=OuterRef("notice_key"))))
        .select_related("entity", "service")
    )
    notices = [
        Notice(
            kind=Notice.Kind.DRAFT_WAITS,
            key=f"draft:{draft.pk}:10m",
            entity=draft.entity,
            service=draft.service,
            data={"draft": draft.pk},
            at=at,
        )
        for draft in due
    ]
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    return len(notices)
