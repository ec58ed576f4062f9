"""Screens of the operations room: made, linked anew and revoked by a lead; opened by the device that has the link."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import AuditEvent, User
from entities.permissions import Permission
from entities.row_security import as_system
from incidents.errors import MoveRefused
from incidents.models import WallScreen
from incidents.models.calendar_token import digest_of, new_token
from incidents.models.wall import LINK_LASTS, SCREEN_LASTS

#: So many stand at once.
MOST = 20


@transaction.atomic
def make_screen(*, name: str, by: User) -> tuple[WallScreen, str]:
    """A screen, and the link's token: said this once, good for one device. Raises MoveRefused."""
    _refuse_unless_lead(by)
    _refuse_what_outlasts(by)
    if WallScreen.objects.standing().count() >= MOST:
        raise MoveRefused(_("There are too many screens: revoke one first."))
    screen = WallScreen(name=name, reader=by.acting)
    return screen, _link(screen, by=by)


@transaction.atomic
def link_screen(screen: WallScreen, *, by: User) -> str:
    """A new link for a screen that stands; what showed the wall with the old one goes dark. Raises MoveRefused."""
    _refuse_unless_lead(by)
    _refuse_what_outlasts(by)
    screen = WallScreen.objects.select_for_update(of=("self",)).get(pk=screen.pk)
    if screen.revoked_at is not None:
        raise MoveRefused(_("This screen is revoked."))
    screen.reader = by.acting  # type: ignore[assignment]  # a lead acts in some membership
    screen.key_digest, screen.key_until = "", None
    return _link(screen, by=by)


@transaction.atomic
def revoke_screen(screen: WallScreen, *, by: User) -> None:
    """It shows nothing from the next refresh on. Raises MoveRefused."""
    _refuse_unless_lead(by)
    screen = WallScreen.objects.select_for_update(of=("self",)).get(pk=screen.pk)
    if screen.revoked_at is None:
        screen.link_digest = screen.key_digest = ""
        screen.link_until, screen.key_until, screen.revoked_at = None, None, timezone.now()
        screen.save()
        _audit(screen, "removed", by=by)


@transaction.atomic
def open_screen(token: str, *, at: datetime) -> str:
    """The key that a device keeps; the link is good for nothing any more. Empty: it opened nothing.

    Nobody is signed in there: the system looks the link up.
    """
    with as_system():
        screen = WallScreen.objects.select_for_update(of=("self",)).linked_by(token, at=at).first()
        if screen is None:
            return ""
        key = new_token()
        screen.link_digest, screen.link_until = "", None
        screen.key_digest, screen.key_until, screen.opened_at = digest_of(key), at + SCREEN_LASTS, at
        screen.save()
        AuditEvent.record(AuditEvent.Action.CONFIGURATION, **_said(screen, "opened"))
    return key


def _link(screen: WallScreen, *, by: User) -> str:
    token = new_token()
    screen.link_digest, screen.link_until = digest_of(token), timezone.now() + LINK_LASTS
    screen.save()
    _audit(screen, "confirmed", by=by)
    return token


def _refuse_unless_lead(by: User) -> None:
    if not by.may(Permission.REPORT_LEAD):
        raise MoveRefused(_("A lead keeps the screens of the operations room."))


def _refuse_what_outlasts(by: User) -> None:
    """A link opens a screen for longer than the session that something else than Nafath has opened."""
    if by.acting is not None and by.acting.is_narrow:
        raise MoveRefused(_("A screen outlasts your emergency access: sign in with Nafath to open one."))


def _audit(screen: WallScreen, done: str, *, by: User) -> None:
    AuditEvent.record(AuditEvent.Action.CONFIGURATION, by=by, **_said(screen, done))


def _said(screen: WallScreen, done: str) -> dict[str, Any]:
    return {"model": "wallscreen", "pk": screen.pk, "done": done}
