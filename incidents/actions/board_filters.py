"""The verbs of saved views. Of them the log tells only what a lead shows to all."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from entities.models import AuditEvent, User
from entities.permissions import Permission
from incidents.errors import MoveRefused
from incidents.models import BoardView
from incidents.models.board_view import LONGEST_QUERY, MOST_VIEWS, BoardViewQuerySet


@transaction.atomic
def save_view(*, name: str, query: str, is_default: bool = False, shared: bool = False, by: User) -> BoardView:
    """Keep a filter under a name; a name of hers that stands already is kept anew. Raises MoveRefused."""
    if not by.may(Permission.BOARD_VIEW) or (shared and not may_share(by)):
        raise MoveRefused(_("A lead shows a view to everyone."))
    if len(query) > LONGEST_QUERY:
        raise MoveRefused(_("This filter is too long to be kept: search for fewer words."))
    own = _locked(by)
    view = own.filter(name=name).first() or BoardView(person=by, name=name)
    if view._state.adding and own.count() >= MOST_VIEWS:
        said = ngettext("You keep %(n)s view already: remove one first.",
                        "You keep %(n)s views already: remove one first.", MOST_VIEWS)  # fmt: skip
        raise MoveRefused(said % {"n": MOST_VIEWS})
    told, view.query = view.shared or shared, query
    _set(view, is_default=is_default, shared=shared)
    if told:
        _audit(view, "confirmed" if shared else "removed", by=by)
    return view


@transaction.atomic
def change_view(view: BoardView, *, is_default: bool, shared: bool, by: User) -> BoardView:
    """Open the board with it or not, show it to all or not. Raises MoveRefused."""
    if view.person_id != by.pk or (shared and not may_share(by)):
        raise MoveRefused(_("A lead shows a view to everyone."))
    _locked(by)
    told = view.shared != shared
    _set(view, is_default=is_default, shared=shared)
    if told:
        _audit(view, "confirmed" if shared else "removed", by=by)
    return view


@transaction.atomic
def remove_view(view: BoardView, *, by: User) -> None:
    """Take it off the board. Raises MoveRefused when it is another's."""
    if view.person_id != by.pk:
        raise MoveRefused(_("This view is another person's."))
    if view.shared:
        _audit(view, "removed", by=by)
    view.delete()


def may_share(person: User) -> bool:
    return person.may(Permission.REPORT_LEAD)


def _locked(by: User) -> BoardViewQuerySet:
    """Her own views, under her lock: of two that come at once, the second counts the first."""
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
    return BoardView.objects.of_person(by)


def _set(view: BoardView, *, is_default: bool, shared: bool) -> None:
    if is_default:
        BoardView.objects.filter(person=view.person_id, is_default=True).exclude(pk=view.pk).update(is_default=False)
    view.is_default, view.shared = is_default, shared
    view.save()


def _audit(view: BoardView, done: str, *, by: User) -> None:
    AuditEvent.record(AuditEvent.Action.CONFIGURATION, by=by, model="boardview", pk=view.pk, done=done)
