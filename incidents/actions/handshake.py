"""The handshake over a consumed service: its owner answers the report, and the authority rules where it disputes it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import User
from entities.permissions import Permission
from entities.row_security import as_system
from incidents.actions.moves import conclude, take
from incidents.actions.timekeeping import refresh_board, start_clock
from incidents.actions.updates import find_once
from incidents.errors import MoveRefused
from incidents.lifecycle import OPEN, ClockKind, ReportKind, Ruling, Verdict
from incidents.models import Report, ReportEvent

#: Answers that name a report of the owner's, and of which kind it is.
NAMES: dict[str, ReportKind] = {Verdict.KNOWN: ReportKind.OWN_OUTAGE, Verdict.PLANNED: ReportKind.MAINTENANCE}


def ask_owner(report: Report, *, event: ReportEvent) -> None:
    """The owner was found after the filing: it answers from now on. The caller holds the lock, and saves the report."""
    if report.kind != ReportKind.CONSUMED_OUTAGE or report.status not in OPEN:
        return
    if not report.clocks.filter(kind=ClockKind.D1).exists() and start_clock(report, ClockKind.D1, event=event):
        refresh_board(report)


@transaction.atomic
def give_verdict(
    report: Report,
    *,
    verdict: str,
    note: str = "",
    link: str = "",
    once: str = "",
    at: datetime | None = None,
    by: User,
) -> ReportEvent:
    """The owner says what it found: meets D1; “not on our side” starts D2. It may be changed until it is ruled on.

    `link` is the reference of the owner's own report, for those answers that name one. Raises MoveRefused.
    """
    _refuse_half_an_answer(verdict, note=note)
    named = _named(report, verdict, link=link, by=by)
    with as_system():  # the report is the consumer's: its owner may answer it, and write nothing else
        report, move = take(report, "dispute" if verdict == Verdict.NOT_OURS else "verdict", by=by)
        if earlier := find_once(report, once):
            return earlier
        if report.ruling:
            raise MoveRefused(_("The authority has ruled on this report: the answer stands."))
        report.verdict, report.verdict_at, report.verdict_reference = verdict, at or timezone.now(), named
        data = {"verdict": verdict, **({"link": named} if named else {}), **({"once": once} if once else {})}
        return conclude(report, move, at=at, note=note, data=data, by=by)


def _refuse_half_an_answer(verdict: str, *, note: str) -> None:
    if verdict not in Verdict.values:
        raise MoveRefused(_("Choose one of the answers."))
    if verdict == Verdict.NOT_OURS and not note.strip():
        raise MoveRefused(_("Say what shows that the fault is not on your side."))


def _named(report: Report, verdict: str, *, link: str, by: User) -> str:
    """The owner's own report, as its reader sees it: a reference that is not hers names nothing. Raises MoveRefused."""
    kind = NAMES.get(verdict)
    if kind is None:
        return ""
    own = Report.objects.visible_to(by).filter(kind=kind, reference=link).exclude(pk=report.pk)
    if by.acting is None or not own.of(by.acting.entity).open().exists():
        raise MoveRefused(_("Choose the report of your entity that it belongs to."))
    return link


@transaction.atomic
def rule(
    report: Report, *, ruling: str, note: str, seen: int | None = None, at: datetime | None = None, by: User
) -> ReportEvent:
    """The authority says on whose side the fault lies: meets D2. Raises MoveRefused."""
    report, move = take(report, "rule", seen=seen, by=by)
    if report.verdict != Verdict.NOT_OURS or report.ruling:
        raise MoveRefused(_("There is no dispute to rule on."))
    if not may_rule(report, by):
        raise MoveRefused(_("The service is the authority's own: a lead reviewer rules on it."))
    if ruling not in Ruling.values:
        raise MoveRefused(_("Choose on whose side the fault lies."))
    report.ruling = ruling
    return conclude(report, move, at=at, note=note, data={"ruling": ruling}, by=by)


def may_rule(report: Report, person: User) -> bool:
    """Reviewers do not judge the authority's own services unless they are lead (decisions.md, Roles)."""
    service = report.provider_service
    return service is None or not service.entity.is_authority or person.may(Permission.REPORT_LEAD)
