"""`{% calendar_items %}` and `{% agenda_items %}`: the windows of a day, in the table's cell and in the list of days.

In Python, as the board's rows are: a month has hundreds of windows, and its page says each of them twice.
"""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from entities.templatetags.moments import clock_time
from incidents.templatetags.cases import once_a_language
from incidents.windows import Window

register = template.Library()

_ITEMS = '<ul class="calendar__items" role="list">{}</ul>'
_ITEM = """<li class="calendar__item calendar__item--{}">
<span class="tiny">{}–{}</span>
{}
<span class="tiny"><bdi>{}</bdi> · {}</span>
</li>
"""
_LINE = """<li>
<span class="agenda__hours">{} – {}
{}</span>
<span class="grow">
{}
<span class="sub"><bdi>{}</bdi> · {}</span>
</span>
</li>
"""


@register.simple_tag
def calendar_items(windows: Iterable[Window]) -> SafeString:
    """Of one day, in its cell; nothing where there is none."""
    items = [
        format_html(
            _ITEM,
            window.tone,
            clock_time(window.start),
            clock_time(window.end),
            _service(window, "<span><bdi>{}</bdi></span>"),
            window.entity.name,
            window.impact.label,
        )
        for window in windows
    ]
    return format_html(_ITEMS, SafeString("".join(items))) if items else SafeString("")


@register.simple_tag
def agenda_items(windows: Iterable[Window]) -> SafeString:
    """Of one day, each with whether it goes on or is over."""
    items = [
        format_html(
            _LINE,
            clock_time(window.start),
            clock_time(window.end),
            _state(window.is_running, window.is_done),
            _service(window, "<b><bdi>{}</bdi></b>"),
            window.entity.name,
            window.impact.label,
        )
        for window in windows
    ]
    return SafeString("".join(items))


def _service(window: Window, unread: str) -> SafeString:
    """Its name, which leads those to the report who may read it."""
    if not window.mine:
        return format_html(unread, window.service.name)
    return format_html('<a href="{}{}/"><bdi>{}</bdi></a>', _reports(), window.reference, window.service.name)


@once_a_language
def _reports() -> SafeString:
    """What the address of every report begins with."""
    return SafeString(reverse("report_detail", args=["-"]).removesuffix("-/"))


@once_a_language
def _state(is_running: bool, is_done: bool) -> SafeString:
    if is_running:
        return format_html('<span class="pill pill--active">{}</span>', pgettext("maintenance", "Now"))
    if is_done:
        return format_html('<span class="pill pill--closed">{}</span>', pgettext("maintenance", "Over"))
    return SafeString("")
