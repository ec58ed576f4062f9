"""The printed form: the questions of each kind's first notice, in both languages, read from the forms themselves.

So that it never asks anything else than the portal does, and lists that an admin keeps are printed as they stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override, pgettext_lazy

from incidents.choices import options
from incidents.forms.doors import BY_TELEPHONE, EMERGENCY, Door
from incidents.forms.fields import AnyOf, FreeText, MomentField, OneOf
from incidents.forms.paper import PaperForm
from incidents.forms.services import ServiceField
from incidents.lifecycle import ReportKind

LANGUAGES = ("ar", "en")
#: Asked on paper besides the questions on the face: nobody has opened a form, so nothing fills it in.
ALSO = ("detected_at",)
#: Where the answer to another question would choose it, and paper cannot.
SCREEN_ONLY = frozenset({"unlisted_name", "unlisted_owner"})


@dataclass(frozen=True)
class Both:
    """Words in both languages."""

    ar: str
    en: str


def both(words: str | Promise) -> Both:
    """The same words in Arabic and in English, whatever the page's language."""
    said = []
    for language in LANGUAGES:
        with override(language):
            said.append(str(words))
    return Both(*said)


@dataclass(frozen=True)
class Question:
    """One question. `shape`: moment, ticks, lines or line; `ticks` are its printed answers."""

    name: str
    label: Both
    shape: str
    ticks: tuple[Both, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """One kind on one page."""

    slug: str
    title: Both
    questions: tuple[Question, ...]
    foot: tuple[Question, ...]


def sheets() -> list[Sheet]:
    """One for each form that is filed one at a time."""
    return [_sheet(door) for door in BY_TELEPHONE]


def head() -> tuple[Question, ...]:
    """What each sheet begins with: whose report it is, from when, and why it is on paper."""
    return (
        Question("entity", both(_("Entity")), "line"),
        Question("writer", both(_("Filled in by: name, role, mobile")), "line"),
        *(_question(name, PaperForm.base_fields[name]) for name in ("written_at", "reason")),
    )


def _foot(kind: ReportKind) -> tuple[Question, ...]:
    """What happens to the sheet afterwards."""
    back = (Question("restored_at", both(_("The service came back at")), "moment"),)
    return (
        Question("read_out", both(_("Read out to the operations room at; taken down by")), "line"),
        *(back if kind != ReportKind.MAINTENANCE else ()),
        Question("entered", both(_("Entered in the portal; reference")), "line"),
    )


def warning() -> Both:
    """What is never written on it, at the foot of each sheet."""
    return both(_("Write no national ID number and no people's data on this sheet."))


def moment_words() -> tuple[Both, Both]:
    """The two halves of a moment, as they are written by hand."""
    return both(pgettext_lazy("paper form", "Day")), both(pgettext_lazy("paper form", "Time (24 hours)"))


def _sheet(door: Door) -> Sheet:
    fields = door.form.base_fields
    asked = [*door.form.face, *(name for name in ALSO if name in fields)]
    if "emergency_reason" in fields and "emergency_reason" not in asked:
        asked.append("emergency_reason")
    questions = tuple(_question(name, fields[name]) for name in asked if name not in SCREEN_ONLY)
    heading = door.heading if door is EMERGENCY else door.kind.label
    return Sheet(door.slug, both(heading), questions, _foot(door.kind))


def _question(name: str, field: Any) -> Question:
    ticks = tuple(Both(ar, en) for ar, en in zip(*(_ticks(field, language) for language in LANGUAGES), strict=True))
    return Question(name, both(field.label), _shape(field), ticks)


def _ticks(field: forms.Field, language: str) -> list[str]:
    with override(language):
        if isinstance(field, (OneOf, AnyOf)):
            return [str(label) for _code, label in options(field.list_name)]
        return [str(label) for code, label in getattr(field, "choices", ()) if code]


def _shape(field: forms.Field) -> str:
    if isinstance(field, MomentField):
        return "moment"
    if isinstance(field, ServiceField) or (isinstance(field, FreeText) and (field.max_length or 0) > 300):
        return "lines"
    return "ticks" if isinstance(field, forms.ChoiceField) else "line"
