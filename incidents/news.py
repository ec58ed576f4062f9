"""What is new on the board since a token: whether anything is, which rows, and what is said aloud."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Exists, QuerySet
from django.utils.translation import gettext as _

from entities.models import Membership, User
from entities.prepared import Prepared, key, reader
from incidents.lifecycle import ClockKind, EventKind, Severity
from incidents.models import ReportEvent
from incidents.silent import Line, alarms_number

EVENTS_AT_ONCE = 200
#: A suspected outage that is older was said when the page was opened.
SAID_WITHIN = timedelta(minutes=1)


class Glance(NamedTuple):
    """Whether there are newer events, and how the suspected outages stand."""

    events: bool
    alarms: int


def glance(token: int, user: User) -> Glance:
    """What a refresh asks first, for mostly nothing is new. One query, one row."""
    (row,) = GLANCE.ask(reader(user), lambda: _glance_of(user), token=token)
    return Glance(*row)


#: Asked every ten seconds by whoever has the board open.
GLANCE = Prepared()


def _glance_of(user: User) -> QuerySet[Membership, tuple[bool, int]]:
    newer = Exists(ReportEvent.objects.visible_to(user).filter(pk__gt=key("token")))
    own = Membership.objects.filter(pk=user.acting.pk if user.acting else 0)
    return own.annotate(newer=newer, alarms=alarms_number(user)).values_list("newer", "alarms")


def events_after(token: int, user: User) -> list[ReportEvent]:
    """The newest events after the token, with the reports they tell of."""
    return EVENTS.ask(reader(user), lambda: _newer(user), token=token)


#: Asked by every refresh that has news.
EVENTS = Prepared()


def _newer(user: User) -> QuerySet[ReportEvent]:
    return (
        ReportEvent.objects.visible_to(user)
        .filter(pk__gt=key("token"))
        .select_related("report__main_service", "report__entity")
        .only("kind", "mark", "data", "report__reference", "report__severity",
              "report__main_service__name_ar", "report__main_service__name_en",
              "report__entity__name_ar", "report__entity__name_en")
        .order_by("-pk")[:EVENTS_AT_ONCE]
    )  # fmt: skip


class News(NamedTuple):
    """A sentence for the status region; the event's number lets the page say it once."""

    event: int | str
    sentence: str


def news_of(events: Iterable[ReportEvent]) -> list[News]:
    """New critical and high reports, and clocks that have just run out: the rest may be seen, and is not said."""
    return [News(event.pk, sentence) for event in events if (sentence := _sentence(event))]


def news_of_alarms(lines: Iterable[Line], *, since: datetime) -> list[News]:
    """Suspected outages that were raised since then; the page says each once."""
    raised = [line.alarm for line in lines if line.alarm.opened_at >= since]
    return [
        News(
            f"alarm-{alarm.pk}",
            _("Suspected outage: %(service)s, %(entity)s.")
            % {"service": alarm.service.name, "entity": alarm.entity.name},
        )
        for alarm in raised
    ]


def _sentence(event: ReportEvent) -> str:
    report = event.report
    names = {"service": report.main_service.name, "entity": report.entity.name}
    if event.kind == EventKind.FILED and report.severity <= Severity.S2:
        severity = Severity(report.severity).label
        return _("New report, %(severity)s: %(service)s, %(entity)s.") % {**names, "severity": severity}
    if event.kind == EventKind.REMINDED and event.mark == "due":
        clock = ClockKind(event.data["clock"]).label
        return _("Now late, %(clock)s: %(service)s, %(entity)s.") % {**names, "clock": clock}
    return ""


def changes_between(shown: list[str], now: list[str]) -> int:
    """How many rows came, went or moved since the page was written: the number on the button.

    A row that comes pushes another off a full page, so the two are one change; of the rows that stayed, as few as
    possible count as moved.
    """
    places = {reference: place for place, reference in enumerate(now)}
    stayed = [places[reference] for reference in shown if reference in places]
    return max(len(now), len(shown)) - _longest_rising(stayed)


def _longest_rising(places: list[int]) -> int:
    ends: list[int] = []  # ends[n]: the least place on which a rising run of n + 1 rows ends
    for place in places:
        at = bisect_left(ends, place)
        ends[at : at + 1] = [place]
    return len(ends)
