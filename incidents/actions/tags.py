"""Tags on reports: put on and taken off by reviewers. The security log tells of each, the history does not."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from entities.models import AuditEvent, User
from entities.permissions import Permission
from entities.text import search_form
from incidents.actions.moves import lock
from incidents.errors import MoveRefused
from incidents.models import Report, ReportTag, Tag
from incidents.models.tag import MOST_ON_A_REPORT


@transaction.atomic
def tag(report: Report, *, label: str, by: User) -> ReportTag:
    """Put a tag on a report, in the spelling in which it was first written. Raises MoveRefused, also if it is there."""
    _refuse_unless_reviewer(by)
    report = lock(report)
    if report.tag_links.count() >= MOST_ON_A_REPORT:
        said = ngettext("A report carries at most %(n)s tag.", "A report carries at most %(n)s tags.", MOST_ON_A_REPORT)
        raise MoveRefused(said % {"n": MOST_ON_A_REPORT})
    word, _made = Tag.objects.get_or_create(key=search_form(label), defaults={"label": label, "made_by": by})
    link, new = ReportTag.objects.get_or_create(report=report, tag=word, defaults={"added_by": by})
    if not new:
        raise MoveRefused(_("It carries this tag already."))
    _audit("added", report, word, by=by)
    return link


@transaction.atomic
def untag(report: Report, *, label: str, by: User) -> None:
    """Take a tag off a report; one that no report carries is offered no more. Raises MoveRefused if it is not there."""
    _refuse_unless_reviewer(by)
    report = lock(report)
    link = report.tag_links.select_related("tag").filter(tag__key=search_form(label)).first()
    if link is None:
        raise MoveRefused(_("It does not carry this tag."))
    link.delete()
    _audit("removed", report, link.tag, by=by)


def _refuse_unless_reviewer(by: User) -> None:
    if not by.may(Permission.REPORT_TRIAGE):
        raise MoveRefused(_("Only the authority's reviewers put tags on reports."))


def _audit(done: str, report: Report, word: Tag, *, by: User) -> None:
    said: dict[str, Any] = {"model": "reporttag", "reference": report.reference, done: [word.label]}
    AuditEvent.record(AuditEvent.Action.CONFIGURATION, by=by, **said)
