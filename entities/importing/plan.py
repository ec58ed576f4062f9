"""What a file would do to the catalogue, row by row, and doing it: codes identify rows, and nothing is deleted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from entities.chain import canonical
from entities.importing import sheets
from entities.importing.sheets import Line
from entities.models import User


class StaleImport(Exception):
    """The catalogue changed since the preview was shown: nothing was written."""


class State(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WRONG = "wrong"


@dataclass(frozen=True)
class Column:
    """A column of the file: the attribute it fills, how its text is read, and how it is written."""

    name: str
    attribute: str
    read: Callable[[str], Any] = str
    write: Callable[[Any], str] = str
    optional: bool = False


@dataclass
class Row:
    """One line of the file and what it would do."""

    line: int
    code: str
    thing: models.Model
    state: State = State.UNCHANGED
    changes: list[tuple[str, str, str]] = field(default_factory=list)  # label, old, new
    attributes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    rows: list[Row]

    def of(self, state: State) -> list[Row]:
        return [row for row in self.rows if row.state == state]

    @property
    def counts(self) -> dict[str, int]:
        return {state.value: len(self.of(state)) for state in State}

    @property
    def may_apply(self) -> bool:
        """Something would change, and nothing is wrong."""
        return not self.of(State.WRONG) and len(self.of(State.UNCHANGED)) < len(self.rows)

    @property
    def digest(self) -> str:
        """What was shown: applying it asks whether it is still what would happen."""
        said = [[row.line, row.code, row.state.value, row.changes] for row in self.rows]
        return hashlib.sha256(canonical({"rows": said})).hexdigest()


class CatalogueImport:
    """One kind of row. A subclass says its columns, finds rows by their codes, and knows what is frozen."""

    model: ClassVar[type[models.Model]]
    columns: ClassVar[tuple[Column, ...]]
    #: The columns that identify a row; they are never changed.
    keys: ClassVar[tuple[str, ...]]

    def __init__(self, *, lock: bool = False) -> None:
        self.there: dict[tuple[str, ...], models.Model] = {}
        self.read_catalogue(lock=lock)

    def read_catalogue(self, *, lock: bool) -> None:
        """Read what is there, in a fixed number of queries; `lock`: until the transaction ends."""
        raise NotImplementedError

    def fresh(self, key: tuple[str, ...]) -> models.Model:
        """A row that is not there yet. Raises ValidationError where there can be none."""
        raise NotImplementedError

    def frozen(self, thing: Any, *, name: str, value: Any) -> str:
        """Why this column of this row may not become this value; empty: it may."""
        return ""

    def save(self, plan: Plan, *, by: User) -> None:
        raise NotImplementedError

    # --- Reading -----------------------------------------------------------------------------------------
    def lines(self, text: str) -> list[Line]:
        """The rows of a file. Raises SheetRefused."""
        optional = [column.name for column in self.columns if column.optional]
        required = [column.name for column in self.columns if not column.optional]
        return sheets.read(text, required=required, optional=optional)

    def plan(self, lines: Iterable[Line]) -> Plan:
        """What the lines would do. Writes nothing."""
        seen: dict[tuple[str, ...], int] = {}
        rows = []
        for line in lines:
            key = tuple(line.cells[name] for name in self.keys)
            row = self._row(line, key)
            if key in seen:
                row.problems.append(_("The same code stands in line %(line)s.") % {"line": seen[key]})
            seen.setdefault(key, line.number)
            if row.problems:
                row.state = State.WRONG
            rows.append(row)
        return Plan(rows)

    def _row(self, line: Line, key: tuple[str, ...]) -> Row:
        code = ".".join(key)
        thing = self.there.get(key)
        is_new = thing is None
        try:
            thing = thing or self.fresh(key)
        except ValidationError as error:
            return Row(line.number, code, self.model(), problems=list(error.messages))
        row = Row(line.number, code, thing, state=State.NEW if is_new else State.UNCHANGED)
        for column in self.columns:
            if column.name in line.cells and column.name not in self.keys:
                self._read(row, column, line.cells[column.name])
        if row.changes and not is_new:
            row.state = State.CHANGED
        row.problems += self._complaints(thing)
        return row

    def _read(self, row: Row, column: Column, cell: str) -> None:
        label = self._label(column)
        try:
            value = column.read(cell)
        except ValidationError as error:
            row.problems += [f"{label}: {message}" for message in error.messages]
            return
        if row.state != State.NEW:
            before = getattr(row.thing, column.attribute)
            if before == value:
                return
            row.changes.append((label, column.write(before), column.write(value)))
        if refusal := self.frozen(row.thing, name=column.attribute, value=value):
            row.problems.append(refusal)
        row.attributes.append(column.attribute)
        setattr(row.thing, column.attribute, value)

    def _complaints(self, thing: models.Model) -> list[str]:
        relations = [each.name for each in thing._meta.fields if each.is_relation]
        try:
            thing.clean_fields(exclude=[*relations, "search_text", "id"])
        except ValidationError as error:
            names = {column.attribute: self._label(column) for column in self.columns}
            return [f"{names.get(name, name)}: {' '.join(said)}" for name, said in error.message_dict.items()]
        return []

    def _label(self, column: Column) -> str:
        return str(self.model._meta.get_field(column.attribute).verbose_name)  # type: ignore[union-attr]  # a column

    # --- Writing -----------------------------------------------------------------------------------------
    def rows(self) -> list[Sequence[str]]:
        """What is there, as a file that changes nothing when it comes back."""
        return [[column.write(getattr(thing, column.attribute)) for column in self.columns] for thing in self.sorted()]

    def sorted(self) -> list[models.Model]:
        return [self.there[key] for key in sorted(self.there)]

    def header(self) -> list[str]:
        return [column.name for column in self.columns]


def apply_import(kind: type[CatalogueImport], text: str, *, digest: str, by: User) -> Plan:
    """Write all that the preview showed, in one transaction, or nothing. Raises StaleImport, SheetRefused."""
    try:
        with transaction.atomic():
            importing = kind(lock=True)
            plan = importing.plan(importing.lines(text))
            if plan.digest != digest or not plan.may_apply:
                raise StaleImport
            importing.save(plan, by=by)
    except IntegrityError:
        raise StaleImport from None  # somebody added the same code since
    return plan
