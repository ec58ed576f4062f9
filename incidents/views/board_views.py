"""The board's filters under names: saved from the board, kept on a page of their own."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from entities.decorators import PortalRequest, requires
from entities.permissions import Permission
from incidents import actions
from incidents.errors import MoveRefused
from incidents.forms.board import BoardFilter
from incidents.forms.triage import SaveViewForm
from incidents.models import BoardView


@requires(Permission.BOARD_VIEW)
@require_safe
def board_views(request: PortalRequest) -> HttpResponse:
    """Her views, each with its filter in words: opened by default, shown to all, removed."""
    views = BoardView.objects.visible_to(request.user).of_person(request.user).order_by("pk")
    said = [(view, BoardFilter(QueryDict(view.query), user=request.user)) for view in views]
    context = {"views": said, "may_share": actions.may_share(request.user)}
    return render(request, "incidents/board_views.html", context)


@requires(Permission.BOARD_VIEW)
@require_POST
def board_view_save(request: PortalRequest) -> HttpResponse:
    """Keep the filter that the board shows under a name."""
    form = SaveViewForm(request.POST)
    query = BoardFilter(QueryDict(request.POST.get("next", "")), user=request.user).query()
    try:
        if not form.is_valid():
            raise MoveRefused(" ".join(str(said) for errors in form.errors.values() for said in errors))
        view = actions.save_view(**form.cleaned_data, query=query, by=request.user)
    except MoveRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
    return redirect(f"{reverse('board')}?{query or 'show=live'}")


@requires(Permission.BOARD_VIEW)
@require_POST
def board_view_change(request: PortalRequest, view: int) -> HttpResponse:
    """Open the board with it or not, show it to all or not."""
    found = _find(request, view)
    wanted = {name: request.POST.get(name) == "yes" for name in ("is_default", "shared")}
    try:
        actions.change_view(found, **wanted, by=request.user)
    except MoveRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The view “%(name)s” is saved.") % {"name": found.name})
    return redirect("board_views")


@requires(Permission.BOARD_VIEW)
@require_POST
def board_view_remove(request: PortalRequest, view: int) -> HttpResponse:
    """Take it off the board."""
    found = _find(request, view)
    actions.remove_view(found, by=request.user)
    messages.success(request, _("The view “%(name)s” is removed.") % {"name": found.name})
    return redirect("board_views")


def _find(request: PortalRequest, view: int) -> BoardView:
    """Her own: what others show to all is theirs to change."""
    return get_object_or_404(BoardView.objects.visible_to(request.user).of_person(request.user), pk=view)
