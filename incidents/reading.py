"""A report with all that its page needs, in one question."""

from __future__ import annotations

from django.db.models import Count, Exists, OuterRef, Subquery

from entities.models import ServiceDependency, User
from entities.prepared import Prepared, reader, text
from incidents.lifecycle import ENDED
from incidents.models import Attachment, IncidentReport, Report, ReviewerNote, UpdateDraft
from incidents.models.report_query import ReportQuerySet

#: Whoever works on reports opens one after another. Of so large a question few are kept: each takes 0.4 MB.
READABLE = Prepared(most=50)


def readable(user: User, reference: str) -> Report | None:
    """The report of this reference; None of what this person may not see."""
    asked = READABLE.ask(reader(user), lambda: _readable(user).filter(reference=text("reference")), reference=reference)
    return asked[0] if asked else None


def _readable(user: User) -> ReportQuerySet:
    """The reports this person may see, and what is worth asking for after one."""
    same_service = Report.objects.visible_to(user).filter(main_service=OuterRef("main_service"))
    together = IncidentReport.objects.visible_to(user).linked().filter(incident=OuterRef("incident")).order_by()
    relying = (
        ServiceDependency.objects.in_force().filter(provider=OuterRef("main_service")).order_by().values("provider")
    )
    return (
        Report.objects.visible_to(user)
        .for_page()
        .select_related("policy", "related", "related_maintenance", "final_report", "incident", "merged_into")
        .annotate(
            has_files=Exists(Attachment.objects.of(OuterRef("pk"))),
            has_folded=Exists(Report.objects.filter(merged_into=OuterRef("pk"))),
            has_typed=Exists(UpdateDraft.objects.visible_to(user).filter(report=OuterRef("pk"))),
            has_twins=Exists(Report.objects.twins_of(OuterRef)),
            has_notes=Exists(ReviewerNote.objects.visible_to(user).filter(report=OuterRef("pk"))),
            has_neighbours=Exists(same_service.exclude(pk=OuterRef("pk")).exclude(status__in=ENDED)),
            together=Subquery(together.values("incident").annotate(n=Count("pk")).values("n")),
            relying=Subquery(relying.annotate(n=Count("consumer__entity", distinct=True)).values("n")),
        )
    )
