"""One thing that stands in the way of a planned window: in words, and as the report's history keeps it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.db import models
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from incidents.calendar import RIYADH


class Kind(models.TextChoices):
    """What stands in the way."""

    SAME_SERVICE = "same", gettext_lazy("Another window of the same service")
    PROVIDER = "provider", gettext_lazy("Maintenance of a service it relies on")
    CONSUMER = "consumer", gettext_lazy("Maintenance of a service that relies on it")
    OUTAGE = "outage", gettext_lazy("A live outage")
    FREEZE = "freeze", gettext_lazy("Freeze period")
    PEAK = "peak", gettext_lazy("Freeze period of a service that stops without it")
    DAY_OFF = "day-off", gettext_lazy("Day off")


@dataclass(frozen=True)
class Conflict:
    """One thing in the way. `hard`: filing against it asks for a reason. `reference`: of the entity's own report."""

    kind: Kind
    hard: bool
    names: tuple[str, str]  # of the service, or of the period
    owner: tuple[str, str] = ("", "")  # the entity, where it is another one
    start: datetime | None = None
    end: datetime | None = None
    reference: str = ""

    @property
    def key(self) -> str:
        """What is acknowledged: this, at this time. Another window of it asks anew."""
        said = f"{self.kind}|{self.names[0]}|{self.owner[0]}|{self.start}|{self.end}"
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    @property
    def sentence(self) -> str:
        named = _in_language(self.names)
        if self.owner[0]:
            named = _("%(service)s (%(entity)s)") % {"service": named, "entity": _in_language(self.owner)}
        return f"{named}: {span(self.start, self.end)}" if self.start else named

    @property
    def as_data(self) -> dict[str, Any]:
        """For the report's history, which outlives what it names."""
        return {
            "kind": self.kind.value,
            "hard": self.hard,
            "names": list(self.names),
            "owner": list(self.owner),
            "start": self.start.isoformat() if self.start else "",
            "end": self.end.isoformat() if self.end else "",
            "reference": self.reference,
        }

    @classmethod
    def read(cls, data: dict[str, Any]) -> Conflict:
        """As `as_data` wrote it."""
        start, end = (datetime.fromisoformat(data[name]) if data[name] else None for name in ("start", "end"))
        (ar, en), (owner_ar, owner_en) = data["names"], data["owner"]
        return cls(Kind(data["kind"]), data["hard"], (ar, en), (owner_ar, owner_en), start, end, data["reference"])


def acknowledged(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What a filing says of conflicts, as (what, which); the reason last."""
    for each in data.get("conflicts", []):
        conflict = Conflict.read(each)
        yield str(conflict.kind.label), conflict.sentence
    if reason := data.get("conflict_reason"):
        yield _("Acknowledged, because"), str(reason)


def span(start: datetime | None, end: datetime | None) -> str:
    """«الأحد 22 نوفمبر، 01:00–03:00»; whole days without their hours."""
    if start is None or end is None:
        return ""
    first, last = start.astimezone(RIYADH), end.astimezone(RIYADH)
    if first.time() == time() and last.time() == time.max:
        named = date_format(first, "j F")
        return named if first.date() == last.date() else f"{named} – {date_format(last, 'j F')}"
    day = "" if first.date() == last.date() else f"{date_format(last, 'j F')} "
    return f"{date_format(first, 'l j F')} {first:%H:%M} – {day}{last:%H:%M}"


def _in_language(names: Iterable[str]) -> str:
    arabic, english = [*names, "", ""][:2]
    return arabic if (get_language() or "ar").startswith("ar") or not english else english
