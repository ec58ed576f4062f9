"""CSV as spreadsheets write it: UTF-8 with or without a mark, commas or semicolons; no cell is ever a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from entities.text import clean

MAX_BYTES = 1024 * 1024
MAX_ROWS = 5000
#: What a spreadsheet would run. An apostrophe before it makes it text, and is taken off when the file comes back.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NEUTRALISED = re.compile(r"'+[=+\-@\t\r]")


class SheetRefused(Exception):
    """The file cannot be read as a whole; the message says why and what to do."""


@dataclass(frozen=True)
class Line:
    """One row of the file: where it begins, and its cells by the header's names."""

    number: int
    cells: dict[str, str]


def decode(content: bytes) -> str:
    """The text of a file. Raises SheetRefused."""
    if len(content) > MAX_BYTES:
        raise SheetRefused(_("The file is larger than 1 MB. Split it, and import one part after the other."))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SheetRefused(_("The file is not UTF-8 text. In Excel, save it as “CSV UTF-8”.")) from None


def read(text: str, *, required: Sequence[str], optional: Sequence[str]) -> list[Line]:
    """The rows under the header, empty ones left out. Raises SheetRefused."""
    rows = _rows(text)
    _number, header = next(rows, (1, []))
    names = [name.strip().casefold() for name in header]
    if missing := [name for name in required if name not in names]:
        raise SheetRefused(_("The first line must name the columns. Missing: %(names)s.") % {"names": _list(missing)})
    if unknown := [name for name in names if name not in {*required, *optional}]:
        raise SheetRefused(_("These columns are not known: %(names)s.") % {"names": _list(unknown)})
    if len(set(names)) != len(names):
        raise SheetRefused(_("A column stands in the first line twice."))
    lines = []
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            said = {"line": number, "found": len(cells), "expected": len(names)}
            raise SheetRefused(_("Line %(line)s has %(found)s cells, and the first line %(expected)s.") % said)
        lines.append(Line(number, dict(zip(names, map(_plain, cells), strict=True))))
        if len(lines) > MAX_ROWS:
            raise SheetRefused(_("The file has more than 5,000 rows. Split it, and import one part after the other."))
    if not lines:
        raise SheetRefused(_("There is no row under the first line."))
    return lines


def write(rows: Iterable[Sequence[str]]) -> bytes:
    """The rows as a file that a spreadsheet opens as it is, and in which no cell is a formula."""
    file = io.StringIO()
    csv.writer(file).writerows([[_neutral(cell) for cell in row] for row in rows])
    return file.getvalue().encode("utf-8-sig")


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of the line it begins in. The header decides between comma and semicolon."""
    header = text.partition("\n")[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise SheetRefused(
                _("Line %(line)s cannot be read: a quotation mark is missing or misplaced.") % {"line": begins}
            ) from None
        yield begins, row
        begins = reader.line_num + 1


def _plain(cell: str) -> str:
    return clean(cell[1:] if _NEUTRALISED.match(cell) else cell).strip()


def _neutral(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _list(names: Iterable[str]) -> str:
    # Translators: joins names of columns.
    return _(", ").join(name or "—" for name in names)
