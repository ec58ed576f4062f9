"""Sends what was drawn, as somebody in the town, and keeps count."""

from __future__ import annotations

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

import hypothesis
from django.core.cache import cache
from django.urls import Resolver404, resolve
from hypothesis import HealthCheck, Phase, Verbosity

from entities import row_security
from fuzz.addresses import Address, addresses
from fuzz.pages import Form, forms_of
from fuzz.promises import Broken, expect_no_exception, expect_promises_kept
from fuzz.recipes import TYPED_IDS, Recipe, recipes
from fuzz.requests import UNKNOWN, Request, bent
from fuzz.town import Person, Town, built
from tests.signing import confirmed, is_asked

#: So many requests and a town is worn: reports are closed, people are gone.
TOWN_LASTS = 500
#: On so many pages a form is looked for.
TRIES = 4
#: Shrinking a failure may take so many requests more.
SHRINKS = 150
OF_EVERY_REPORT = {"report_detail"}
MANY_SIDES = ("director", "lead")
ORDER = (
    "director", "lead", "admin", "nobody", "it_leader", "reviewer", "alternate", "member", "auditor", "head_contact",
)  # fmt: skip


@dataclass(frozen=True)
class Spot:
    """Where a form, or a page, was found: by whom, at which address, for which of the reports (or the usual one)."""

    person: int
    address: Address
    report: int | None


@dataclass
class Failure:
    name: str
    person: str
    words: str
    request: str


@dataclass
class Turn:
    """What Hypothesis may do at an address as somebody, until so many requests are sent; shrinking takes some more."""

    walker: Walker
    address: Address
    person: int | None
    end: int
    first: bool
    simplest: Recipe | None = None
    shrinking: str = ""
    shrinks: int = 0

    def take(self, recipe: Recipe) -> None:
        if not self.first:  # what bends nothing is known from those whose page it is
            self.simplest = self.simplest or recipe
            if recipe == self.simplest:
                return
        self.shrinks += bool(self.shrinking)
        if self.shrinks <= SHRINKS if self.shrinking else self.walker.sent < self.end:
            self.walker.one(self.address, self.person, recipe, self)


@dataclass
class Walker:
    seed: int
    log: StringIO
    town: Town = field(default_factory=built)
    count: Counter[tuple[str, str]] = field(default_factory=Counter)
    statuses: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    failures: dict[str, Failure] = field(default_factory=dict)
    spots: defaultdict[str, list[Spot]] = field(default_factory=lambda: defaultdict(list))
    forms: dict[tuple[Spot, str], Form | None] = field(default_factory=dict)
    closed_to_get: set[str] = field(default_factory=set)
    sent: int = 0
    worn: int = 0

    def __post_init__(self) -> None:
        self.addresses = list(addresses())
        self.by_name = {each.name: each for each in self.addresses}

    # --- The lie of the land ---------------------------------------------------------------------------------
    def look_around(self) -> None:
        """Open each page as those who may, and keep where each form is found."""
        numbers = {person.name: number for number, person in enumerate(self.town.people)}
        for address in self.addresses:
            many = address.name in OF_EVERY_REPORT
            found, enough = 0, 99 if many else 1 if address.is_desk else 2
            for name in MANY_SIDES if many else ORDER:
                if found >= enough or address.name in self.closed_to_get:
                    break
                if address.admits(self.town.people[numbers[name]].role):
                    for report in range(len(self.town.reports)) if many else (None,):
                        found += self._learn(Spot(numbers[name], address, report))

    def _learn(self, spot: Spot) -> bool:
        answer = self._get(spot)
        if answer.status_code == 405:
            self.closed_to_get.add(spot.address.name)
        if answer.status_code != 200 or answer.streaming or b"<form" not in answer.content:
            return answer.status_code in {200, 302}
        for form in forms_of(answer.content.decode()):
            name = self._name_of(form.action or self._path(spot))
            if form.method == "post" and name and spot not in self.spots[name]:
                self.spots[name].append(spot)
        return True

    @staticmethod
    def _name_of(path: str) -> str:
        path = re.sub(r"^/en/", "/", path.partition("?")[0])
        try:
            found = resolve(path)
        except Resolver404:
            return ""
        return found.view_name or f"/{found.route}"

    def _values(self, address: Address, report: int | None) -> dict[str, Any]:
        values = {argument: self.town.values[address.name, argument] for argument in address.arguments}
        if report is not None and "reference" in values:
            values["reference"] = self.town.reports[report].reference
        return values

    def _path(self, spot: Spot) -> str:
        values = self._values(spot.address, spot.report)
        return spot.address.path({name: str(value).encode() for name, value in values.items()})

    def _get(self, spot: Spot) -> Any:
        person = self.town.people[spot.person]
        person.come_in()
        cache.clear()
        with row_security.acting_as(None):
            return person.client.get(self._path(spot))

    def form(self, spot: Spot, name: str) -> Form | None:
        """The form that leads there, as its page holds it now."""
        if (spot, name) not in self.forms:
            answer = self._get(spot)
            readable = answer.status_code == 200 and not answer.streaming
            found = [each for each in forms_of(answer.content.decode()) if each.method == "post"] if readable else []
            there = [each for each in found if self._name_of(each.action or self._path(spot)) == name]
            self.forms[spot, name] = there[0] if there else None
        return self.forms[spot, name]

    # --- The walk --------------------------------------------------------------------------------------------
    def walk(self, requests: int, only: set[str]) -> None:
        """Every address alike: half of its requests by those whose page it is, the others by everybody in turn."""
        chosen = [each for each in self.addresses if not only or each.name in only]
        chosen.sort(key=lambda each: zlib.crc32(f"{self.seed} {each.name}".encode()))
        for number, address in enumerate(chosen):
            share = requests * (number + 1) // len(chosen) - requests * number // len(chosen)
            home = (share + 1) // 2
            self._attempt(address, None, home, first=True)
            people = len(self.town.people)
            for step in range(min(share - home, people)):
                each = (share - home) // people + (step < (share - home) % people)
                self._attempt(address, (number * 3 + step) % people, each, first=False)

    def _attempt(self, address: Address, person: int | None, count: int, *, first: bool) -> None:
        """So many recipes; the first, which bends nothing, only for those whose page it is."""
        end, seed = self.sent + count, zlib.crc32(f"{self.seed} {address.name} {person}".encode())
        while self.sent < end:
            if self.sent - self.worn >= TOWN_LASTS:
                self.move_on()
            self._draw(address, Turn(self, address, person, end, first), end - self.sent + (not first), seed)
            seed += 1

    def _draw(self, address: Address, turn: Turn, count: int, seed: int) -> None:
        is_sent_to = address.name in self.closed_to_get or bool(self.spots.get(address.name))
        methods = ("POST", "GET") if is_sent_to else ("GET", "POST")
        quiet = hypothesis.settings(
            max_examples=count, phases=(Phase.generate, Phase.shrink), database=None, deadline=None, print_blob=False,
            suppress_health_check=list(HealthCheck), verbosity=Verbosity.quiet, report_multiple_bugs=False,
        )  # fmt: skip
        # What broke is on the list; it need not break again in a town that has changed under it.
        with suppress(Broken, hypothesis.errors.Flaky):
            hypothesis.seed(seed)(quiet(hypothesis.given(recipes(methods))(turn.take)))()

    def move_on(self) -> None:
        """To a new town, at whose forms everybody has yet to look."""
        self.worn = self.sent
        self.town = built()
        self.forms.clear()

    def one(self, address: Address, person: int | None, recipe: Recipe, turn: Turn) -> None:
        sends = recipe.method in {"POST", "PUT", "PATCH"}
        spot = self._spot(address.name, recipe.pick, sends=sends)
        sender = self.town.people[person if person is not None else spot.person if spot else self._at_home(address)]
        form, report = None, None
        if spot and sends:
            form = self.form(spot, address.name) or UNKNOWN
            report = spot.report
        request = bent(recipe, address, self._bound(address, form, report), form, self.town.theirs)
        try:
            self._send(address, sender, request, recipe)
        except Broken as broken:
            if broken.place in self.failures and broken.place != turn.shrinking:
                return  # one line of it is enough
            if broken.place not in self.failures:
                print(f"Broken at {broken.place}, {address.name}: {broken}", flush=True)
            turn.shrinking = broken.place
            self.failures[broken.place] = Failure(address.name, sender.name, str(broken), str(request))
            raise

    def _spot(self, name: str, pick: int, *, sends: bool) -> Spot | None:
        """Where the form still stands: a report that went on has it no more. Without one, where it stood."""
        spots = self.spots.get(name, [])
        turned = spots[pick % len(spots) :] + spots[: pick % len(spots)] if spots else []
        open_ = (spot for spot in turned[:TRIES] if sends and self.form(spot, name))
        return next(open_, next(iter(turned), None))

    def _at_home(self, address: Address) -> int:
        """The first who may enter."""
        numbers = {person.name: number for number, person in enumerate(self.town.people)}
        people = [numbers[name] for name in ORDER if name in numbers]
        return next((each for each in people if address.admits(self.town.people[each].role)), people[0])

    def _bound(self, address: Address, form: Form | None, report: int | None) -> dict[str, Any]:
        """The arguments as the form's own address has them; a page's, the usual ones."""
        if form and form.action:
            try:
                return dict(resolve(re.sub(r"^/en/", "/", form.action.partition("?")[0])).kwargs)
            except Resolver404:
                pass
        return self._values(address, report)

    def _send(self, address: Address, sender: Person, request: Request, recipe: Recipe) -> None:
        sender.come_in()
        cache.clear()
        self.log.seek(0)
        self.log.truncate()
        sender.client.handler.enforce_csrf_checks = recipe.csrf
        self.sent += 1
        self.count[address.name, sender.name] += 1
        numbers = [*self.town.numbers]
        try:
            with row_security.acting_as(None):
                answer = sender.client.generic(request.method, "/", **request.environ())
                self._keep(address, request, answer)
                expect_promises_kept(address.name, sender, answer, said=self.log.getvalue(), numbers=numbers)
                if recipe.go_on and is_asked(answer) and "waiting" in sender.client.session:
                    sender.client.handler.enforce_csrf_checks = False
                    answer = confirmed(sender.client)
                    self._keep(address, request, answer)
                    expect_promises_kept(address.name, sender, answer, said=self.log.getvalue(), numbers=numbers)
            typed = [each for each in TYPED_IDS if each in self.log.getvalue()]
            if typed:
                raise Broken("writes a national ID into the log", f"{address.name} logs what was typed")
        except Broken:
            raise
        except Exception as error:  # the drill goes on: it is a line of the list
            raise expect_no_exception(error) from error

    def _keep(self, address: Address, request: Request, answer: Any) -> None:
        self.statuses[address.name][answer.status_code] += 1
        if request.method not in {"GET", "HEAD", "OPTIONS", "TRACE"} and answer.status_code < 400:
            self.forms = {kept: form for kept, form in self.forms.items() if address.name != kept[1]}

    def unreached(self) -> Iterator[str]:
        """Addresses that never answered with 2xx or 3xx."""
        for address in self.addresses:
            if self.statuses[address.name] and not any(status < 400 for status in self.statuses[address.name]):
                yield address.name
