"""What the clock sweep does by itself: the deeds that the lifecycle table gives to it, and to nobody who must be awake.

Source: domain/lifecycle.md, the rows of Sys in Types 2 and 3. Each deed asks the table again under the report's lock,
so a run that comes twice, or beside a person's own deed, changes nothing the second time.
"""

from __future__ import annotations

import logging
import math
import time
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import Model
from django.utils import timezone

from entities.prepared import Prepared, moment
from incidents.actions import interim, watching
from incidents.actions.moves import conclude, lock, take_for_sweep
from incidents.errors import MoveRefused
from incidents.lifecycle import Phase, ReportKind, Status
from incidents.models import Draft, Report, ReportEvent
from incidents.models.report_query import ReportQuerySet
from incidents.severity import MAINTENANCE_AS, Impact, MaintenanceImpact

logger = logging.getLogger(__name__)

BATCH = 200
#: So long (seconds) a sweep begins deeds; the others wait for the next one. Its task has 45, and reminders come after.
LASTS = 20.0
#: So long after the agreed end, an outage report is prepared (domain/lifecycle.md, Type 2).
OVERRUN_DRAFT_AFTER = timedelta(minutes=30)

Deed = Callable[..., Any]
Rows = Callable[[Any], ReportQuerySet]
#: Asked by every sweep, and answered with nothing by nearly every one.
FOUND = Prepared(fixed=True)


def act_by_itself(*, at: datetime) -> int:
    """Do what is the sweep's to do at this moment; returns how many deeds were done."""
    until = time.monotonic() + LASTS
    return sum(one_by_one(_found(rows, at=at), deed, at=at, until=until) for rows, deed in DEEDS)


def _found(rows: Rows, *, at: datetime) -> list[Report]:
    """The first of those whose turn has come, read now; the question was written by the first sweep."""
    return FOUND.ask(rows, lambda: rows(moment("at")).order_by("pk")[:BATCH], at=at)


def one_by_one(found: Iterable[Model], deed: Deed, *, at: datetime, until: float = math.inf) -> int:
    """Do the deed on each report, incident or entity in a transaction of its own; returns how many it was done to.

    Only a database that is away, or the end of the task's time, stops the run; after `until`, of the monotonic clock,
    none is begun.
    """
    done = 0
    for each in found:
        if time.monotonic() > until:
            logger.warning("deeds_left", extra={"deed": deed.__name__})
            break
        try:
            with transaction.atomic():
                done += deed(each, at=at) is not None
        except MoveRefused:
            continue  # somebody has moved it since it was found
        except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
            raise
        except Exception:  # one that is broken must not stop the others
            reference = getattr(each, "reference", f"{each._meta.model_name} {each.pk}")
            logger.exception("deed_not_done", extra={"reference": reference, "deed": deed.__name__})
    return done


# --- Maintenance ------------------------------------------------------------------------------------------------


def _start(report: Report, *, at: datetime) -> ReportEvent:
    """The window begins, and the entity asked for it to start by itself."""
    found, move = take_for_sweep(report, "start")
    found.actual_start = found.window_start
    return conclude(found, move, at=at, by=None)


def _miss(report: Report, *, at: datetime) -> ReportEvent | None:
    """The window has passed without a start: the entity cancels, or chooses another."""
    found, move = take_for_sweep(report, "miss")
    if found.missed_at is not None or found.window_end is None or found.window_end > at:
        return None
    found.missed_at = at
    data = {"window_end": found.window_end.isoformat()}
    return conclude(found, move, at=at, data=data, by=None)


def _prepare_outage(report: Report, *, at: datetime) -> Draft | None:
    """Work that overran by half an hour is an outage: its report is prepared, and waits for somebody to send it.

    No event: nobody but the entity knows of a draft. A draft or an open report on the service serves as well.
    """
    report = lock(report)
    end = report.agreed_end
    if report.status != Status.IN_PROGRESS or report.overrun_key is not None or end is None:
        return None
    report.overrun_key = uuid.uuid4()
    report.save(update_fields=["overrun_key"])
    outages = Report.objects.filter(entity=report.entity_id, kind=ReportKind.OWN_OUTAGE, services=report.main_service)
    if outages.open_outages().exists():
        return None
    first = {"text": _outage_text(report, since=end), "started_by": report.filed_by, "last_writer": report.filed_by}
    try:
        with transaction.atomic():
            return Draft.objects.create(
                entity=report.entity,
                kind=ReportKind.OWN_OUTAGE,
                key=report.overrun_key,
                service=report.main_service,
                created_at=at,
                updated_at=at,
                **first,
            )
    except IntegrityError:  # somebody began one on this service already
        return None


def _outage_text(report: Report, *, since: datetime) -> dict[str, list[str]]:
    """The answers that the maintenance gives, as the form keeps them."""
    local = timezone.localtime(since)
    affected = list(report.affected.order_by("pk").values_list("service", "impact"))
    impacts = {MAINTENANCE_AS.get(MaintenanceImpact(impact), Impact.MINOR) for _service, impact in affected}
    worst = next((impact for impact in Impact if impact in impacts), Impact.MINOR)
    return {
        "services": [str(service) for service, _impact in affected],
        "impact_level": [worst.value],
        "started_at": ["other"],
        "started_at_date": [f"{local:%d/%m}"],
        "started_at_time": [f"{local:%H:%M}"],
        "related_maintenance": [report.reference],
    }


# --- Consumed outages ------------------------------------------------------------------------------------------


def _ask_return(report: Report, *, at: datetime) -> ReportEvent:
    """The owner says that its service is back: the consumer is asked, and D3 runs."""
    found, move = take_for_sweep(report, "ask_return")
    found.return_asked_for = report.owner_back  # type: ignore[attr-defined]  # annotated
    return conclude(found, move, at=at, by=None)


def _recall_return(report: Report, *, at: datetime) -> ReportEvent:
    """The service is down again, says its owner: nobody is asked whether it is back."""
    found, move = take_for_sweep(report, "recall_return")
    return conclude(found, move, at=at, by=None)


def _restore(report: Report, *, at: datetime) -> ReportEvent:
    """A day of silence: the service is back, by its owner's word, and the history says that nobody confirmed it."""
    found, move = take_for_sweep(report, "restore")
    back = _owners_return(report) or at
    found.restored_at, found.restored_recorded_at, found.phase = min(back, at), at, Phase.RESTORED
    data = {"phase": Phase.RESTORED.value, "restored_at": found.restored_at.isoformat(), "automatic": True}
    return conclude(found, move, at=at, data=data, by=None)


def _owners_return(report: Report) -> datetime | None:
    """When the service came back, as the owner's own report says."""
    said = Report.objects.filter(
        kind=ReportKind.OWN_OUTAGE,
        services=report.provider_service_id or 0,
        restored_recorded_at=report.owner_back,  # type: ignore[attr-defined]  # annotated
    )
    return said.values_list("restored_at", flat=True).first()


def _close(report: Report, *, at: datetime) -> ReportEvent:
    """The owner's outage is closed, and the consumer's service is back for a day: nothing is owed any more."""
    found, move = take_for_sweep(report, "close")
    return conclude(found, move, at=at, data={"automatic": True}, by=None)


# --- All of it, in the order in which it is done -----------------------------------------------------------------

DEEDS: tuple[tuple[Rows, Deed], ...] = (
    (lambda at: Report.objects.to_start(at=at), _start),
    (lambda at: Report.objects.to_miss(at=at), _miss),
    (lambda at: Report.objects.overrunning(at=at - OVERRUN_DRAFT_AFTER), _prepare_outage),
    (lambda _at: Report.objects.to_recall(), _recall_return),
    (lambda _at: Report.objects.to_ask_for_return(), _ask_return),
    (lambda at: Report.objects.to_restore(at=at), _restore),
    (lambda at: Report.objects.to_close(at=at), _close),
    (lambda at: Report.objects.to_return(at=at), watching.return_to_pool),
    (lambda at: Report.objects.to_warn(at=at), watching.warn_reviewer),
    (lambda at: watching.to_ask_estimate(at=at), watching.ask_estimate),
    (lambda at: watching.to_remind_pause(at=at), watching.remind_pause),
    (lambda at: interim.to_owe_interim(at=at), interim.owe_interim),
    *((partial(watching.beyond, *mark), watching.watch) for mark in watching.MARKS),
)
