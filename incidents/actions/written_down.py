"""What is written down later than it was said: reports that came by telephone, and those written on paper first."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import Entity, User
from incidents.actions.filing import Answers, Filed, file_ended_outage, file_report
from incidents.errors import MoveRefused
from incidents.lifecycle import EventKind
from incidents.models import Report
from incidents.offline import PaperReason


def record_phoned_report(
    *, kind: str, entity: Entity, key: uuid.UUID, answers: Answers, caller: str, called_at: datetime, by: User
) -> Filed:
    """A reviewer writes down a report that came by telephone, at the true time of the call.

    The entity confirms it at its next sign-in (`confirm_recorded`). C1 is judged by the call.
    """
    if not caller.strip():
        raise MoveRefused(_("Name the caller, from the crisis team's list."))
    columns = {**answers.columns, "on_behalf_caller": caller}
    return file_report(
        kind=kind, entity=entity, key=key, answers=Answers(answers.affected, columns), at=called_at, by=by
    )


def enter_from_paper(
    *,
    kind: str,
    entity: Entity,
    key: uuid.UUID,
    answers: Answers,
    restored_at: datetime | None = None,
    reason: PaperReason,
    written_at: datetime,
    by: User,
) -> Filed:
    """An entity enters what it wrote on the printed form, at the true time of the writing; C1 and M1 are judged by it.

    Every later clock starts now. The history keeps both moments, and why. Raises MoveRefused.
    """
    who: dict[str, Any] = {"entity": entity, "key": key, "answers": replace(answers, paper=reason.value), "by": by}
    if restored_at is not None:
        return file_ended_outage(restored_at=restored_at, at=written_at, **who)
    return file_report(kind=kind, at=written_at, **who)


@transaction.atomic
def confirm_recorded(report: Report, *, by: User) -> Report:
    """The entity says that a report recorded on its behalf is its own."""
    report = Report.objects.select_for_update(of=("self",), no_key=True).get(pk=report.pk)
    if report.on_behalf_caller and report.entity_confirmed_at is None:
        report.record(EventKind.ANSWERED, by=by, at=timezone.now(), data={"confirmed": True})
        report.entity_confirmed_at = timezone.now()
        report.save()
    return report
