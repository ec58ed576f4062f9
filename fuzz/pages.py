"""The forms of a page: where each leads, and what its person would send with it, sensibly filled."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser

from django.utils import timezone

WORDS = "حُصر العطل في موزّع الأحمال، ويجري التحويل إلى الموقع البديل؛ عُزلت الخوادم المتأثرة وبدأ الاسترجاع من آخر نسخة."
TYPED = {"text", "search", "tel", "email", "url", "number", "date", "time", "datetime-local"}


@dataclass
class Form:
    """Fields in the order of the page; `choices` holds all that a field offers, `files` the boxes for a file."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    def filled(self) -> list[tuple[str, str]]:
        """What is chosen or typed stays; of what is open, the first choice is taken."""
        named = {name for name, _value in self.fields}
        return self.fields + [(name, offered[0]) for name, offered in self.choices.items() if name not in named]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.select, self.area, self.typed = "", "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(told.get("action", ""), told.get("method", "get").lower()))
        if not self.forms or "disabled" in told:
            return
        form, name, kind = self.forms[-1], told.get("name", ""), told.get("type", "text")
        if tag == "select":
            self.select = name
        elif tag == "option" and self.select and told.get("value"):
            self._offer(form, self.select, told["value"], chosen="selected" in told)
        elif tag == "textarea":
            self.area, self.typed = name, ""
        elif tag == "button" and name:
            form.choices.setdefault(name, []).append(told.get("value", ""))
        elif tag == "input" and name:
            self._input(form, name, kind, told)

    def _input(self, form: Form, name: str, kind: str, told: dict[str, str]) -> None:
        if kind == "file":
            form.files.append(name)
        elif kind in {"radio", "checkbox"}:
            self._offer(form, name, told.get("value", "on"), chosen="checked" in told)
        elif kind in TYPED:
            form.fields.append((name, told.get("value") or sensible(name, told)))
        elif kind != "submit":
            form.fields.append((name, told.get("value", "")))

    @staticmethod
    def _offer(form: Form, name: str, value: str, *, chosen: bool) -> None:
        form.choices.setdefault(name, []).append(value)
        if chosen:
            form.fields.append((name, value))

    def handle_data(self, data: str) -> None:
        if self.area:
            self.typed += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""
        elif tag == "textarea" and self.area:
            if self.forms:
                self.forms[-1].fields.append((self.area, self.typed.strip("\r\n") or WORDS))
            self.area = ""


def sensible(name: str, told: dict[str, str]) -> str:
    """A day, an hour, a number or words, whichever the box is for; a moment not asked for stays empty."""
    kind = told.get("type", "text")
    if name.endswith(("_on", "_day")) or kind == "date":
        return f"{timezone.localtime() + timedelta(days=30):%Y-%m-%d}"
    if name.endswith(("_date", "_time")) or kind in {"time", "datetime-local", "search"}:
        return ""
    if kind == "number" or told.get("inputmode") == "numeric":
        return "12"
    return WORDS[: int(told.get("maxlength") or "60")]


def forms_of(html: str) -> list[Form]:
    reader = _Reader()
    reader.feed(html)
    return reader.forms
