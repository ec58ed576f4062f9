"""How a service stands, and its ninety days as a strip of bars: an SVG whose colours are its classes'.

Rows of the list are written in Python, as the board's are: there are up to two hundred.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache

from django import template
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from entities.templatetags.icons import icon
from entities.templatetags.moments import day_time, stretch
from incidents.spells import DAYS, Day, History, Level, Spell
from incidents.standings import Now, Standing
from incidents.templatetags.cases import once_a_language

register = template.Library()

PITCH, HEIGHT = 4, 24
#: How far each bar comes down from its top: the height says it as well as the colour. A day of nothing is a tick.
TOPS: dict[Level | None, int] = {Level.OUTAGE: 0, Level.PARTIAL: 7, Level.WORKS: 13, None: 20}

_ROW = """<tr role="row">
<th scope="row" role="rowheader">
<a class="lead" href="{}{}/"><bdi>{}</bdi></a>{}
</th>
<td role="cell">{}</td>
<td role="cell">
{}<span class="sub">{}</span>
</td>
<td role="cell" data-label="{}">{}</td>
</tr>
"""


@register.simple_tag
def standing_rows(rows: Iterable[Standing], everything: bool) -> SafeString:
    """Each with its entity, but for one's own; `everything`: for the authority, whose own are no others."""
    services = _services()
    found = [
        format_html(
            _ROW,
            services,
            row.service.pk,
            row.service.name,
            format_html(' <span class="sub"><bdi>{}</bdi></span>', row.service.entity.name)
            if everything or not row.own
            else "",
            standing_now(row),
            strip(row.history),
            in_short(row.history),
            _("Time available"),
            per_cent(row.history.share),
        )
        for row in rows
    ]
    return SafeString("".join(found))


@register.simple_tag
def standing_now(row: Standing) -> SafeString:
    """Its state in a word with its drawing, since when, and what is known of the next."""
    said = [_pill(row.now)]
    if row.since:
        said.append(_sub(_("since %(moment)s"), moment=row.since))
    if row.expected:
        said.append(_sub(_("expected back %(moment)s"), moment=row.expected))
    if row.next:
        said.append(_sub(_("maintenance from %(start)s"), start=row.next.start))
    if row.ours:
        link = format_html('<a class="ref" href="{}">{}</a>', reverse("report_detail", args=[row.ours]), row.ours)
        said.append(format_html('<span class="sub">{} {}</span>', _("Reported by you:"), link))
    return SafeString("\n".join(said))


@once_a_language
def _pill(now: Now) -> SafeString:
    return format_html('<span class="pill pill--{}">{}{}</span>', now.tone, icon(now.icon), now.label)


def _sub(words: str, **moment: datetime) -> SafeString:
    said = {name: day_time(at) for name, at in moment.items()}
    return SafeString(f'<span class="sub">{words % said}</span>')


@once_a_language
def _services() -> SafeString:
    """What the address of every service's page begins with."""
    return SafeString(reverse("status_service", args=[0]).removesuffix("0/"))


@register.simple_tag
def strip(history: History) -> SafeString:
    """The bars alone, one path a level: the words beside it say the same."""
    bars: dict[Level | None, list[str]] = {}
    for number, worst in enumerate(history.worst):
        bars.setdefault(worst, []).append(_bar(number, worst))
    return _svg("strip", ((_name(level), "".join(paths), "") for level, paths in bars.items()))


@register.simple_tag
def bars(history: History) -> SafeString:
    """Larger, and under a pointer each bar says its day. Which days they were stands in the list of spells."""
    return _svg("strip strip--large", ((_name(d.worst), _bar(n, d.worst), told(d)) for n, d in enumerate(history.days)))


@register.simple_tag
def sample(level: str) -> SafeString:
    """One bar for the legend: the level's name in lower case, or "quiet"."""
    worst = None if level == "quiet" else Level[level.upper()]
    return _svg("strip strip--sample", [(_name(worst), _bar(0, worst), "")], days=1)


def _svg(classes: str, paths: Iterable[tuple[str, str, str]], *, days: int = DAYS) -> SafeString:
    titled = ((name, path, _title(words)) for name, path, words in paths)
    drawn = format_html_join("", '<path class="{}" d="{}">{}</path>', titled)
    return format_html(
        '<svg class="{}" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">{}</svg>',
        classes, days * PITCH, HEIGHT, drawn,
    )  # fmt: skip


def _title(words: str) -> SafeString:
    return format_html("<title>{}</title>", words) if words else SafeString()


@cache  # ninety days of four heights
def _bar(number: int, worst: Level | None) -> str:
    top = TOPS[worst]
    return f"M{number * PITCH + PITCH // 2} {top}v{HEIGHT - top}"


def _name(level: Level | None) -> str:
    return f"strip__{level.name.lower()}" if level is not None else "strip__quiet"


def told(day: Day) -> str:
    """«22 November: Outage, 3 hours»."""
    words = {
        "day": date_format(day.day, "j F"),
        "what": day.worst.label if day.worst is not None else _("Nothing reported"),
    }
    if not day.out:
        return _("%(day)s: %(what)s") % words
    return _("%(day)s: %(what)s, %(length)s") % {**words, "length": stretch(day.out)}


@register.simple_tag
def in_short(history: History) -> str:
    """What the strip shows, in words."""
    outages, works = len(history.outages), len(history.works)
    said = []
    if outages:
        words = ngettext("%(n)s outage, %(length)s in all", "%(n)s outages, %(length)s in all", outages)
        said.append(words % {"n": outages, "length": stretch(history.out) if history.out else _("under a minute")})
    if works:
        said.append(ngettext("%(n)s maintenance", "%(n)s maintenances", works) % {"n": works})
    return " · ".join(said) or _("No outage, no maintenance")


@register.filter
def lasted(spell: Spell, at: datetime) -> str:
    """How long it took, or has taken by then."""
    return stretch(spell.length(at)) if spell.length(at) else _("under a minute")


@register.filter
def per_cent(share: float) -> SafeString:
    """«99.98%», in Western digits, left to right."""
    return format_html('<span class="nowrap" dir="ltr">{}%</span>', f"{share:g}")
