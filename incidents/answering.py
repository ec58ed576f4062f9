"""The handshake over a consumed service as the page of a report shows it: what was answered, and to whom it falls."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from entities.permissions import Permission
from incidents.actions.handshake import NAMES
from incidents.handshake import ANSWERS, RULINGS
from incidents.lifecycle import ReportKind, Ruling, Verdict
from incidents.models import Report

if TYPE_CHECKING:
    from incidents.case import Case

NAMED = 20  # reports that an answer may name


class Answering:
    """The owner's answer to a report and the authority's ruling, for one reader; each part is read once."""

    def __init__(self, case: Case) -> None:
        self.case = case

    @property
    def asked(self) -> bool:
        """This reader files for the service's owner, which has not answered yet."""
        return "verdict" in self.case.moves and not self.case.report.verdict

    @property
    def answer(self) -> str:
        """What the owner answered, in a sentence; empty before."""
        return str(ANSWERS.get(self.case.report.verdict, ""))

    @property
    def ruling(self) -> str:
        return str(RULINGS.get(self.case.report.ruling, ""))

    @property
    def files_own(self) -> bool:
        """The answer or the ruling leaves an outage of this reader's own entity to be reported."""
        report = self.case.report
        if not report.is_open or not self.case.reader.may(Permission.REPORT_DRAFT) or self.case.by_authority:
            return False
        if self.case.own:
            return report.ruling == Ruling.LOCAL
        return report.ruling == Ruling.PROVIDER or (not report.ruling and report.verdict == Verdict.CONFIRMED)

    @cached_property
    def others(self) -> int:
        """How many more entities report the same service now; what they say stays with them."""
        report = self.case.report
        found = Report.objects.visible_to(self.case.reader).open_outages().filter(kind=ReportKind.CONSUMED_OUTAGE)
        return found.filter(provider_service=report.provider_service_id).exclude(pk=report.pk).count()

    @cached_property
    def candidates(self) -> list[Report]:
        """The owner's own open reports: what its answer may name."""
        reader = self.case.reader.acting
        own = Report.objects.visible_to(self.case.reader).filter(kind__in=NAMES.values()).open()
        return list(own.of(reader.entity).select_related("main_service").order_by("-id")[:NAMED]) if reader else []
