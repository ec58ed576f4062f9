"""Handover notes: drawn up from the board, read and printed in the reader's language, edited by their author."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from entities.decorators import PortalRequest, requires
from entities.permissions import Permission
from incidents import actions
from incidents.errors import DutyRefused
from incidents.forms.handover import NoteForm
from incidents.forms.moves import written_in
from incidents.models import HandoverNote
from incidents.views.report_page import Refused


@requires(Permission.REPORT_TRIAGE)
@require_POST
def handover_new(request: PortalRequest) -> HttpResponse:
    """Draw one up from the board as it stands."""
    note = actions.draw_up_note(by=request.user)
    return redirect("handover_note", note.pk)


@requires(Permission.BOARD_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def handover_note(request: PortalRequest, note: int) -> HttpResponse:
    """Read it; whoever may, edits it."""
    found = get_object_or_404(HandoverNote.objects.visible_to(request.user).select_related("author"), pk=note)
    edits = found.is_open_to(request.user, at=timezone.now())
    form, refused = NoteForm(request.POST or None, note=found), None
    if form.is_valid():
        try:
            actions.edit_note(found, **form.cleaned_data, by=request.user)
        except DutyRefused as refusal:
            edits, refused = False, Refused(str(refusal), written_in(form))
        else:
            messages.success(request, _("The note is saved."))
            return redirect("handover_note", found.pk)
    context = {"note": found, "form": form if edits else None, "refused": refused}
    status = 409 if refused else 422 if form.errors else 200
    return render(request, "incidents/handover_note.html", context, status=status)
