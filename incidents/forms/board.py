"""The board's filter, which is its URL, and the small forms in its rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from django import forms
from django.db import models
from django.db.models import Subquery
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from entities.fields import CleanCharField
from entities.models import Membership, Sector, User
from entities.permissions import Role
from entities.replica import from_primary
from entities.text import search_form, western_digits
from incidents.board import COUNTED, FOLDED, NOBODY, SLICES, TABS, CountUpTo, Slice
from incidents.lifecycle import ReportKind, Severity, Status
from incidents.models import CallTask
from incidents.models.duty import duty_of, with_shifts
from incidents.models.report_query import ReportQuerySet
from incidents.models.tag import LONGEST
from incidents.paging import BOARD_ORDER, NEWEST_FIRST, Order

REFERENCE = re.compile(r"(OUT|MNT|DEP|INC)-\d{4}-\d{6}", re.IGNORECASE | re.ASCII)
WORDS = 8
PAGE_SIZES = (10, 25, 50)
PAGE_SIZE = 25
#: Through how many of the newest reports a filter looks for what has ended: no index answers it, so it may not depend
#: on the table's size.
ENDED_REACH = 20_000

Option = tuple[str, Any]


class Menu(NamedTuple):
    """One of the filter's lists, ready to be written: Django's own widgets cost as much as the table's rows."""

    name: str
    label: Any
    options: list[tuple[str, Any, bool]]


@dataclass(frozen=True)
class Names:
    """The sectors and the reviewers one may filter by, who has a shift about now, how many calls are owed."""

    sectors: list[Sector]
    people: list[User]
    members: list[Membership]  # with their shifts, see models/duty.py
    calls: int  # on the call list
    read_at: datetime

    def on_duty(self, *, at: datetime) -> list[tuple[str, User]]:
        """Who has duty now, as what: the lead first. What another process changed since it was read is not in it."""
        duties = [(str(role), member.user) for member in self.members if (role := duty_of(member, at=at))]
        return sorted(duties, key=lambda duty: (duty[0], duty[1].name))


def reviewers() -> list[User]:
    """Who may follow reports, each person once, by name."""
    return _people(_reviewing())


def _reviewing() -> models.QuerySet[Membership]:
    return Membership.objects.usable().in_roles(Role.REVIEWER, Role.LEAD).select_related("user")


def _people(members: Iterable[Membership]) -> list[User]:
    return sorted({member.user for member in members}, key=lambda person: person.name)


@lru_cache(maxsize=1)
@from_primary()
def names_of_the_minute(minute: int) -> Names:
    """Read once a minute and process: they hardly ever change. `minute` is the memory's key."""
    now = timezone.now()
    calls = CountUpTo(CallTask.objects.owed(at=now).values("pk")[: COUNTED + 1])  # in the same query, asked once
    reviewing = _reviewing().annotate(calls=calls)
    members = list(with_shifts(reviewing, start=now, end=now + timedelta(minutes=1)))
    owed = members[0].calls if members else 0  # type: ignore[attr-defined]  # annotated
    return Names(list(Sector.objects.all()), _people(members), members, owed, now)


def names_now() -> Names:
    return names_of_the_minute(int(timezone.now().timestamp()) // 60)


class BoardFilter(forms.Form):
    """What the board shows. A value that means nothing is left out, and `misread` names it."""

    show = forms.ChoiceField(choices=[(code, part.label) for code, part in SLICES.items()], required=False)
    q = CleanCharField(label=_("Search"), max_length=200, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=ReportKind.choices, required=False)
    severity = forms.TypedChoiceField(
        label=_("Severity"), choices=Severity.choices, coerce=int, empty_value=None, required=False
    )
    status = forms.ChoiceField(label=_("Status"), choices=Status.choices, required=False)
    sector = forms.ChoiceField(label=_("Sector"), required=False)
    reviewer = forms.ChoiceField(label=_("Reviewer"), required=False)
    tag = CleanCharField(label=_("Tag"), max_length=LONGEST, required=False)
    late = forms.BooleanField(label=_("Late only"), required=False)
    rows = forms.TypedChoiceField(
        choices=[(size, size) for size in PAGE_SIZES], coerce=int, empty_value=None, required=False
    )

    def __init__(self, sent: Any, *, user: User) -> None:
        super().__init__(sent)
        self.user = user
        self.tags: list[str] = []  # those that are offered, once the page has read them
        names = names_now()
        self._choices: dict[str, list[Option]] = {
            "sector": [(sector.code, sector.name) for sector in names.sectors],
            "reviewer": [("mine", _("Mine")), (NOBODY, _("Nobody yet"))]
            + [(str(person.public_id), person.name) for person in names.people],
        }
        for name, options in self._choices.items():
            self.fields[name].choices = options  # type: ignore[attr-defined]  # they are ChoiceFields
        self.is_valid()
        self.part: Slice = SLICES[self._get("show") or TABS[0].code]
        if self._get("status") and self._get("status") not in self.part.statuses:
            self.add_error("status", "")

    def _get(self, name: str) -> Any:
        return self.cleaned_data.get(name)

    @property
    def misread(self) -> list[Any]:
        """The labels of what could not be understood."""
        return [self.fields[name].label or name for name in self.errors]

    @property
    def size(self) -> int:
        return self._get("rows") or PAGE_SIZE

    @property
    def order(self) -> Order:
        return NEWEST_FIRST if self.part.code == "ended" and not self._reference else BOARD_ORDER

    @property
    def _reference(self) -> str:
        words = western_digits(self._get("q") or "").upper()
        return words if REFERENCE.fullmatch(words) else ""

    # --- The reports --------------------------------------------------------------------------------------
    def apply(self, reports: ReportQuerySet, *, at: datetime) -> ReportQuerySet:
        """The reports that are asked for. A whole reference finds its report wherever it stands."""
        if self._reference.startswith("INC"):
            return reports.filter(
                incident_links__incident__reference=self._reference, incident_links__unlinked_at__isnull=True
            )
        if self._reference:
            return reports.filter(reference=self._reference)
        found = reports.filter(self.part.holds(at))
        if self.folds:
            found = found.exclude(FOLDED)
        if self.part.code == "ended" and self.is_narrowed:
            newest = Subquery(reports.order_by("-id").values("id")[:1])
            found = found.filter(
                id__gt=newest - ENDED_REACH, id__lte=newest
            )  # by both ends PostgreSQL knows a short range
        if words := self._get("q"):
            found = found.matching(" ".join(words.split()[:WORDS]))
        columns = {"kind": "kind", "severity": "severity", "status": "status", "sector": "entity__sector__code"}
        found = found.filter(**{column: self._get(name) for name, column in columns.items() if self._get(name)})
        if self._get("late"):
            found = found.late(at=at)
        if label := self._get("tag"):
            found = found.filter(tag_links__tag__key=search_form(label))
        return self._of_reviewer(found)

    def _of_reviewer(self, found: ReportQuerySet) -> ReportQuerySet:
        match self._get("reviewer"):
            case None | "":
                return found
            case "mine":
                return found.filter(reviewer=self.user)
            case str(whom) if whom == NOBODY:
                return found.filter(reviewer=None)
            case public_id:
                return found.filter(reviewer__public_id=public_id)

    # --- The URL and the page ------------------------------------------------------------------------------
    def query(self, **changes: Any) -> str:
        """The filter as a query string, with some values changed; a tab's own list needs no word for it."""
        values = {name: self._get(name) for name in self.fields} | changes
        defaults = {"show": TABS[0].code, "rows": PAGE_SIZE}
        said = {name: value for name, value in values.items() if value and defaults.get(name) != value}
        return urlencode({name: "on" if value is True else value for name, value in said.items()})

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the tab, the tile and the number of rows is asked for."""
        return any(self._get(name) for name in ("q", "kind", "severity", "status", "sector", "reviewer", "tag", "late"))

    @property
    def searches(self) -> bool:
        """Whether words are looked for: hardly anybody else looks for the same ones."""
        return bool(self._get("q"))

    @property
    def folds(self) -> bool:
        """Whether the reports of an incident are one row: not for whoever looks for something."""
        return self.part.folds and not self.is_narrowed

    @property
    def is_tile(self) -> bool:
        return self.part not in TABS

    @property
    def said(self) -> list[tuple[Any, Any]]:
        """The filter in words: label and value of whatever narrows the list."""
        words: list[tuple[Any, Any]] = [(self.fields["q"].label, self._get("q"))] if self._get("q") else []
        for menu in self.menus:
            words += [
                (self.fields[menu.name].label, label) for value, label, chosen in menu.options if chosen and value
            ]
        return words + ([(self.fields["late"].label, "")] if self._get("late") else [])

    @property
    def menus(self) -> list[Menu]:
        return [
            self._menu("kind", _("All kinds"), ReportKind.choices),
            self._menu("severity", _("All severities"), Severity.choices),
            self._menu("status", _("All statuses"), [(s.value, s.label) for s in self.part.statuses]),
            self._menu("sector", _("All sectors"), self._choices["sector"]),
            self._menu("reviewer", _("All reviewers"), self._choices["reviewer"]),
            *self._tag_menu(),
        ]

    def _tag_menu(self) -> list[Menu]:
        """Only where there are tags; one that nobody uses any more is still said to be the filter."""
        chosen = self._get("tag")
        labels = [*self.tags, *([chosen] if chosen and chosen not in self.tags else [])]
        return [self._menu("tag", _("All tags"), [(label, label) for label in labels])] if labels else []

    def _menu(self, name: str, everything: Any, options: Iterable[tuple[Any, Any]]) -> Menu:
        chosen = str(self._get(name) or "")
        all_of_them = [("", everything), *((str(value), label) for value, label in options)]
        return Menu(name, self.fields[name].label, [(value, label, value == chosen) for value, label in all_of_them])


class DeedForm(forms.Form):
    """What every deed in a row carries: the version that was read."""

    version = forms.IntegerField(min_value=0)


class AssignForm(DeedForm):
    """Who follows the report from now on; NOBODY puts it back into the pool."""

    reviewer = forms.ChoiceField()

    def __init__(self, sent: Any, *, people: Iterable[User]) -> None:
        super().__init__(sent)
        self.people = {str(person.public_id): person for person in people}
        self.fields["reviewer"].choices = [(key, key) for key in (NOBODY, *self.people)]  # type: ignore[attr-defined]  # a ChoiceField

    def clean_reviewer(self) -> User | None:
        return self.people.get(self.cleaned_data["reviewer"])


class PollForm(forms.Form):
    """What the board's refresh sends back: the newest event it has seen, and the rows it shows."""

    token = forms.IntegerField(min_value=0, max_value=2**63 - 1)
    shown = CleanCharField(max_length=(50 + 25) * 17, required=False)
    alarms = forms.IntegerField(min_value=0, max_value=2**63 - 1, required=False)

    def clean_shown(self) -> list[str]:
        return [reference for reference in self.cleaned_data["shown"].split(",") if REFERENCE.fullmatch(reference)]
