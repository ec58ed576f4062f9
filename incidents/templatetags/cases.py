"""How a report's parts look wherever they stand: severity, status, kind, reference, and the next thing owed.

Written in Python because a board asks for them hundreds of times a page.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from functools import cache, wraps

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from entities.templatetags.icons import icon
from entities.templatetags.ticking import due, short_duration, since
from incidents.lifecycle import (
    ENDED,
    WAITS_ON_AUTHORITY,
    WAITS_ON_PROVIDER,
    ClockKind,
    ReportKind,
    Ruling,
    Severity,
    Status,
    Verdict,
)
from incidents.models import Clock, Report
from incidents.models.report_query import NEVER

register = template.Library()


def once_a_language(tag: Callable[..., SafeString]) -> Callable[..., SafeString]:
    """Remember what a tag says: it has a dozen answers, and a board asks for them hundreds of times."""

    @cache
    def remembered(language: str | None, *args: Hashable, **kwargs: Hashable) -> SafeString:
        return tag(*args, **kwargs)

    @wraps(tag)
    def asked(*args: Hashable, **kwargs: Hashable) -> SafeString:
        return remembered(get_language(), *args, **kwargs)

    return asked


MINUTE = timedelta(minutes=1)
NEAR = 0.75  # of a clock's length: from here on it is shown as near

TONES: dict[str, str] = {
    Status.SUBMITTED: "submitted",
    Status.ACTIVE: "active",
    Status.RESTORED: "restored",
    Status.SCHEDULED: "planned",
    Status.IN_PROGRESS: "active",
    Status.COMPLETED: "restored",
    Status.FINAL_REVIEW: "waiting",
    Status.REVISION: "waiting",
    Status.CLOSED: "closed",
}
KIND_ICONS: dict[str, str] = {
    ReportKind.OWN_OUTAGE: "zap-off",
    ReportKind.MAINTENANCE: "calendar-clock",
    ReportKind.CONSUMED_OUTAGE: "unplug",
}


@register.simple_tag
@once_a_language
def severity(value: int, code: bool = False) -> SafeString:
    """The severity, word first: «حرجة», with `code=True` «حرجة (S1)»."""
    label = Severity(value).label
    words = format_html('<span>{} (<span dir="ltr">S{}</span>)</span>', label, value) if code else label
    return format_html('<span class="severity severity--{}">{}</span>', value, words)


@register.simple_tag
@once_a_language
def status_pill(value: str) -> SafeString:
    """The status as a pill."""
    return format_html('<span class="pill pill--{}">{}</span>', TONES.get(value, "ended"), Status(value).label)


@register.simple_tag
def kind_icon(kind: str) -> SafeString:
    """The drawing of a kind of report."""
    return icon(KIND_ICONS[kind])


@register.simple_tag
@once_a_language
def kind_name(kind: str) -> SafeString:
    """The kind in two words, for a table's cell."""
    words = {
        ReportKind.OWN_OUTAGE: _("Service outage"),
        ReportKind.MAINTENANCE: _("Maintenance"),
        ReportKind.CONSUMED_OUTAGE: _("Another entity's service"),
    }
    return format_html("{}", words[ReportKind(kind)])


@register.simple_tag
@once_a_language
def kind(value: str) -> SafeString:
    """The drawing of a kind and its two words, for a table's cell."""
    drawing, words = kind_icon(value), kind_name(value)
    return format_html('<span class="cluster gap-s nowrap">{}<span>{}</span></span>', drawing, words)


@register.filter
def ref(reference: str) -> SafeString:
    """A reference, isolated left to right."""
    return format_html('<span class="ref">{}</span>', reference)


@register.simple_tag
def lasting(report: Report) -> SafeString:
    """How long it lasts, lasted, or when it starts; nothing of what was withdrawn, cancelled or said elsewhere."""
    began, ended, now = report.began_at, report.ended_at, timezone.now()
    if ended is not None:
        return format_html("{}", _("lasted %(t)s") % {"t": _length(began, ended)})
    if report.status in ENDED and report.closed_at is None:
        return SafeString("")
    if began > now:
        # Rounded up, as what is left until then is: both stand in one row.
        return format_html("{}", _("starts in %(t)s") % {"t": _length(now, began + MINUTE)})
    if report.status == Status.SCHEDULED:
        return format_html("{}", _("start %(t)s overdue") % {"t": _length(began, now)})
    return since(began) if report.is_open else format_html("{}", _length(began, report.closed_at or now))


def _length(start: datetime, end: datetime) -> str:
    return short_duration(max(0, int((end - start).total_seconds() // 60)))


@register.simple_tag
def next_owed(report: Report, whom: bool = True) -> SafeString:
    """What is owed next on a report: its name, on whom it waits, what is left, and a bar."""
    if report.next_due_at >= NEVER:
        return _to_verify() if report.is_followed_up else _nothing_owed()
    named = _named(report.next_clock, report.waits_on_authority if whom else None)
    return _clock(named, report.next_started_at, report.next_due_at)


@once_a_language
def _to_verify() -> SafeString:
    """All that a closed report promised is reported done, and a reviewer has not looked at all of it."""
    return format_html('<span class="pill pill--waiting">{}</span>', _("An action awaits verification"))


@register.simple_tag
def authority_owes(report: Report) -> SafeString:
    """What the authority owes, where something else is owed sooner: its name and how late it is."""
    named, left = _named(report.authority_clock, True), due(report.authority_due_at)
    label = format_html('<span class="clock__label">{}<b>{}</b></span>', named, left)
    return format_html('<div class="clock clock--late">{}</div>', label)


@register.simple_tag
def entity_owes(report: Report) -> SafeString:
    """What the entity itself owes first, on its own list; else what it waits for (`standing.with_own_clock`)."""
    if not report.own_clock:  # type: ignore[attr-defined]  # annotated
        return next_owed(report)
    return _clock(_named(report.own_clock, False), report.own_started_at, report.own_due_at)  # type: ignore[attr-defined]


@register.simple_tag
def clock(row: Clock, whom: bool = True) -> SafeString:
    """One running clock, as a row of the entity's home or a report's page shows it."""
    return _clock(_named(row.kind, row.kind in WAITS_ON_AUTHORITY if whom else None), row.started_at, row.due_at)


#: How a service owner's answer looks: a dispute waits for the authority until it has ruled.
_VERDICT_TONES = {
    Verdict.CONFIRMED: "late", Verdict.KNOWN: "active", Verdict.PLANNED: "planned", Verdict.NOT_OURS: "waiting",
    Verdict.NOT_REPRODUCED: "plain",
}  # fmt: skip


@register.simple_tag
def verdict_pill(report: Report, by_owner: bool = False) -> SafeString:
    """What the service's owner answered, or what the authority has ruled since; nothing before either.

    `by_owner`: on the owner's own list, which need not say whose answer it is.
    """
    if not report.verdict:
        return SafeString("")
    return _verdict_pill(report.verdict, report.ruling, by_owner)


@once_a_language
def _verdict_pill(verdict: str, ruling: str, by_owner: bool) -> SafeString:
    if ruling:
        words = _("Ruled: %(ruling)s") % {"ruling": Ruling(ruling).label}
        return format_html('<span class="pill pill--plain">{}</span>', words)
    answer = str(Verdict(verdict).label)
    words = answer if by_owner else _("Owner: %(answer)s") % {"answer": answer}
    return format_html('<span class="pill pill--{}">{}</span>', _VERDICT_TONES[Verdict(verdict)], words)


@register.simple_tag
def answer_owed(report: Report) -> SafeString:
    """By when the service's owner owes its answer (`ReportQuerySet.with_answer_due`)."""
    return _clock(_named(ClockKind.D1, None), report.answer_started_at, report.answer_due_at)  # type: ignore[attr-defined]


@once_a_language
def _nothing_owed() -> SafeString:
    return format_html('<span class="muted small">{}</span>', pgettext("row", "Nothing is owed"))


@once_a_language
def _named(kind: str, waits_on_authority: bool | None) -> SafeString:
    label = ClockKind(kind).label
    if waits_on_authority is None:
        return format_html("<span>{}</span>", label)
    others = _("on the owner") if kind in WAITS_ON_PROVIDER else _("on the entity")
    whom = _("on the authority") if waits_on_authority else others
    return format_html('<span>{} <span class="clock__owner">· {}</span></span>', label, whom)


def _clock(named: SafeString, started_at: datetime | None, due_at: datetime) -> SafeString:
    now = timezone.now()
    start = started_at or now
    near = due_at - (due_at - start) * (1 - NEAR)
    share = min(100, max(0, round(100 * (now - start) / max(due_at - start, MINUTE))))
    tone = "late" if now > due_at else "near" if now >= near else "calm"
    return format_html(
        '<div class="clock clock--{}" data-start="{}" data-near="{}"><span class="clock__label">{}'
        '<b>{}</b></span><progress max="100" value="{}" aria-hidden="true"></progress></div>',
        tone, start.isoformat(timespec="seconds"), near.isoformat(timespec="seconds"), named, due(due_at), share,
    )  # fmt: skip
