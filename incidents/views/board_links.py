"""Where the parts of the board lead, and what every row of it says."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from entities.decorators import PortalRequest
from entities.permissions import Permission
from incidents.board import CHANGED, NEW, Standing, tiles_of
from incidents.forms.board import BoardFilter
from incidents.last_look import looked_at


class Link(NamedTuple):
    url: str
    label: str | Promise | int
    current: bool


def view_link(view: dict[str, Any], chosen: BoardFilter) -> Link:
    return Link(address(view["query"] or "show=live"), view["name"], view["query"] == chosen.query())


def whole(standing: Standing) -> str:
    """What the board's address says to show everything: a bare one opens with the reader's own view, if she has one."""
    return "show=live" if standing.default_view else ""


def tiles(standing: Standing, chosen: BoardFilter) -> dict[str, Any]:
    counted = [(tile, address(f"show={tile.part.code}")) for tile in tiles_of(standing)]
    everything = whole(standing)
    return {"filter": chosen, "tiles": counted, "whole": everything, "whole_url": address(everything)}


def address(query: str) -> str:
    return f"{reverse('board')}?{query}" if query else reverse("board")


def for_rows(request: PortalRequest, filtered_by: str) -> dict[str, Any]:
    """What every row says, looked up and escaped once: row by row it would cost as much as the row.

    `next` is the filter that a deed comes back to; `says` is all of them in one, for `{% report_rows %}`.
    """
    any_report = "OUT-2026-000000"
    report_url = reverse("report_detail", args=[any_report]).removesuffix(f"{any_report}/")
    looked = {"time": looked_at(request.session)}
    said = {
        "board_url": reverse("board"),
        "report_url": report_url,
        "next": filtered_by,
        "next_query": f"?{urlencode({'next': filtered_by})}" if filtered_by else "",
        "acknowledge": _("Acknowledge"),
        "unlisted": _("not in the catalogue"),
        "assign": _("Assign"),
        "silent": pgettext("board", "silent"),
        "pick": _("Pick"),
        NEW: _("new since %(time)s") % looked,
        CHANGED: _("changed since %(time)s") % looked,
        "by_code": _("by a code: identity not yet confirmed"),
    }
    escaped = {name: conditional_escape(words) for name, words in said.items()}
    return {**escaped, "says": escaped, "picks": request.user.may(Permission.REPORT_TRIAGE)}
