"""What the shell shows on every page: who is here, where she may go, what waits for her."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, Resolver404, resolve, reverse, translate_url
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from entities.permissions import Permission as P
from entities.sessions import longest
from nafath_auth.break_glass import may_decide

if TYPE_CHECKING:
    from entities.models import User


class NavLink(NamedTuple):
    url: str
    label: str | Promise
    icon: str
    current: bool


class Room(NamedTuple):
    """One entry of the navigation: the view's name, its label, its icon, and who sees it."""

    name: str
    label: Promise
    icon: str
    permission: P | None
    also: P | None = None


ROOMS = (
    Room("home", _("Home"), "house", P.ENTITY_HOME),
    Room("board", _("Board"), "list-checks", P.BOARD_VIEW),
    Room("record_phoned", _("Report by telephone"), "phone-incoming", P.REPORT_RECORD),
    Room("report_list", _("Our reports"), "file-text", P.ENTITY_HOME),
    Room("status_list", pgettext_lazy("navigation", "Status"), "activity", P.REPORT_VIEW),
    Room("calendar", pgettext_lazy("navigation", "Calendar"), "calendar-days", P.REPORT_VIEW),
    Room("team", _("Crisis team"), "users", P.ENTITY_HOME, P.TEAM_VIEW),
    Room("service_list", _("Our services"), "server", P.ENTITY_HOME, P.CATALOGUE_VIEW),
    Room("nafath_state", _("Nafath"), "key-round", P.REPORT_LEAD),
    Room("audit_log", _("Security log"), "scroll-text", P.AUDIT_VIEW),
    Room("policy_list", _("Policies"), "sliders-horizontal", P.BOARD_VIEW),
    Room("operations", _("Operations"), "activity", P.ADMINISTER),
    Room("guide", _("Reports guide"), "book-open", None),
)


@dataclass
class Shell:
    """The `portal` of every template."""

    demo: bool
    support_phone: str
    support_email: str
    registration_number: str
    other_language: dict[str, str]
    nav: list[NavLink] = field(default_factory=list)
    person_name: str = ""
    initials: str = ""
    role_name: str = ""
    entity_name: str = ""
    memberships_count: int = 0
    unread: Any = 0
    is_admin: bool = False
    by_code_until: datetime | None = None
    by_break_glass_until: datetime | None = None
    confirms_break_glass: bool = False
    #: The template of a button that belongs to a higher floor than the pages it stands in (`target`, and `stops`).
    follow_button: str = "notifications/_follow_button.html"


def portal(request: HttpRequest) -> dict[str, Shell]:
    """The context processor."""
    shell = Shell(
        demo=settings.DEMO,
        support_phone=settings.SUPPORT_PHONE,
        support_email=settings.SUPPORT_EMAIL,
        registration_number=settings.DIGITAL_STAMP_NUMBER,
        other_language=_other_language(request),
    )
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        _fill(shell, request, user)
    return {"portal": shell}


def _fill(shell: Shell, request: HttpRequest, user: User) -> None:
    shell.person_name, shell.initials = user.name, user.initials
    if user.acting is None:
        return
    shell.role_name = user.acting.get_role_display()
    shell.entity_name = user.acting.entity.name
    shell.memberships_count = int(request.session.get("memberships", 1))
    shell.is_admin = user.is_staff
    shell.confirms_break_glass = may_decide(user)
    if user.acting.is_narrow:
        ends = datetime.fromtimestamp(request.session["started_at"] + longest(request.session), UTC)
        shell.by_code_until = ends if user.acting.by_code else None
        shell.by_break_glass_until = ends if user.acting.by_break_glass else None
    shell.nav = [
        _link(request, room) for room in ROOMS if all(p is None or user.may(p) for p in (room.permission, room.also))
    ]
    shell.unread = SimpleLazyObject(lambda: _unread(request, user))


def _unread(request: HttpRequest, user: User) -> int:
    from notifications.following import following_of

    return following_of(request, user).unread


def _link(request: HttpRequest, room: Room) -> NavLink:
    url = reverse(room.name)
    here = request.path == url or (room.name != "home" and request.path.startswith(url))
    return NavLink(url, room.label, room.icon, here)


def _other_language(request: HttpRequest) -> dict[str, str]:
    """The same page in the other language; the language's own name for it."""
    code = "en" if (get_language() or "ar").startswith("ar") else "ar"
    name = dict(settings.LANGUAGES)[code]
    try:
        resolve(request.path_info)
        url = translate_url(request.get_full_path(), code)
    except (Resolver404, NoReverseMatch):
        url = "/" if code == "ar" else "/en/"
    return {"code": code, "name": name, "url": url}
