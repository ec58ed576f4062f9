"""Sealing a closed report on paper: never while it is being closed, and once for each closing and language."""

from __future__ import annotations

import hashlib

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from incidents.actions.moves import lock
from incidents.errors import StaleReport
from incidents.lifecycle import Status
from incidents.models import Report, ReportEvent, SealedRecord
from incidents.printing import pdf
from incidents.record import record_html


def closing_of(report: Report) -> ReportEvent:
    """The event that closed it last: what is sealed ends here."""
    return report.events.filter(data__move="close").order_by("-seq")[:1].get()


def seal(report: Report, *, language: str) -> SealedRecord:
    """The sealed record of a closed report; the first who asks for it has it made, which takes seconds.

    The pages are made outside any transaction. Two who ask at once make it twice and keep one. Raises PaperUnavailable
    where no PDF can be made, StaleReport when the review was reopened meanwhile.
    """
    closing = closing_of(report)
    kept = SealedRecord.objects.filter(report=report, language=language, event_count=closing.seq)
    if found := kept.first():
        return found
    content = pdf(record_html(report, closing, language=language), sheet="record.css")
    record = SealedRecord(
        report=report,
        language=language,
        event_count=closing.seq,
        head_hash=closing.hash,
        closed_at=closing.recorded_at,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    record.file.save(f"{report.reference}.pdf", ContentFile(content), save=False)
    try:
        _keep(record, closing)
    except IntegrityError:
        record.file.delete(save=False)
        return kept.get()
    except StaleReport:
        record.file.delete(save=False)
        raise
    return record


@transaction.atomic
def _keep(record: SealedRecord, closing: ReportEvent) -> None:
    """Under the report's lock, so that what is kept is what is closed now."""
    report = lock(record.report)
    if report.status != Status.CLOSED or closing_of(report).pk != closing.pk:
        raise StaleReport(_("This report changed while you were reading it. Look at it again, then decide."))
    record.save(force_insert=True)
