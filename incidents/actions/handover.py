"""Handover notes: drawn up from the board by whoever hands over, edited by her or by a lead."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import User
from entities.permissions import Permission
from incidents.errors import DutyRefused
from incidents.handover import Board, handover_text
from incidents.models import DutyShift, HandoverNote

#: Whoever has no shift tells of so long.
WITHOUT_A_SHIFT = timedelta(hours=8)


@transaction.atomic
def draw_up_note(*, at: datetime | None = None, by: User) -> HandoverNote:
    """The note of her running shift, as the board stands; one of hers that nobody has edited is drawn up anew.

    Raises DutyRefused.
    """
    if not by.may(Permission.REPORT_TRIAGE):
        raise DutyRefused(_("Reviewers and leads write handover notes."))
    at = at or timezone.now()
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)  # pressed twice: one note
    shift = DutyShift.objects.of_person(by).on_duty(at=at).order_by("starts_at").first()
    since = shift.starts_at if shift else at - WITHOUT_A_SHIFT
    waiting = HandoverNote.objects.filter(author=by, shift=shift, edited_at__isnull=True, at__gte=since)
    note = waiting.order_by("-pk").first() or HandoverNote(author=by, shift=shift)
    board = Board.read(by, since=since, at=at)
    note.since, note.at = since, at
    note.text_ar, note.text_en = (handover_text(board, language=code) for code in ("ar", "en"))
    note.save()
    return note


@transaction.atomic
def edit_note(note: HandoverNote, *, text_ar: str, text_en: str, by: User) -> HandoverNote:
    """What she makes of it. Raises DutyRefused when it is not hers to edit any more."""
    note = HandoverNote.objects.select_for_update(of=("self",), no_key=True).get(pk=note.pk)
    if not note.is_open_to(by, at=timezone.now()):
        raise DutyRefused(_("A handover note is edited by whoever wrote it, or by a lead, within a day."))
    note.text_ar, note.text_en, note.edited_at = text_ar, text_en, timezone.now()
    note.save(update_fields=["text_ar", "text_en", "edited_at"])
    return note
