"""A form of a page, filled by somebody who means no good: every text field holds the same words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

from attack.browser import Browser

Pairs = list[tuple[str, str]]
WORDS = ("text", "search")


@dataclass
class Form:
    """Where it leads, what it would send untouched, and its text fields with the length that each allows."""

    action: str
    kept: Pairs = field(default_factory=list)
    texts: dict[str, int] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(told.get("action", "")))
        if not self.forms or "disabled" in told:
            return
        form, name, kind = self.forms[-1], told.get("name", self.select), told.get("type", "text")
        if tag == "select":
            self.select = name
        elif tag == "option" and told.get("value"):
            form.choices.setdefault(name, []).insert(0 if "selected" in told else 99, told["value"])
        elif tag == "textarea" or (tag == "input" and kind in WORDS and not _is_figure(told)):
            form.texts[name] = int(told.get("maxlength", "2000"))
        elif tag == "input" and kind in ("radio", "checkbox"):
            form.choices.setdefault(name, []).insert(0 if "checked" in told else 99, told.get("value", "on"))
        elif tag == "input" and name and kind != "submit":
            form.kept.append((name, told.get("value") or _figure(name, told)))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""


def _is_figure(told: dict[str, str]) -> bool:
    """A number, a day or an hour, though the field is one of text."""
    return told.get("inputmode") == "numeric" or told["name"].endswith(("_date", "_time", "_on"))


def _figure(name: str, told: dict[str, str]) -> str:
    """A day that is not too far off, a small number; of a moment, nothing."""
    if name.endswith("_on"):
        return f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
    return "12" if told.get("inputmode") == "numeric" and not name.endswith(("_date", "_time")) else ""


def forms_of(page: requests.Response) -> list[Form]:
    reader = _Reader()
    reader.feed(page.text)
    return reader.forms


def sent(
    browser: Browser, page: requests.Response, action: str, words: str, /, **chosen: str | list[str]
) -> requests.Response:
    """Send the form that leads to `action`: the words in every text field, `chosen`, and the first choice elsewhere.

    A list ticks several boxes, an empty one none. Raises LookupError without such a form.
    """
    form = next((each for each in forms_of(page) if action in urljoin(page.url, each.action)), None)
    if form is None:
        raise LookupError(f"{page.url} ({page.status_code}) has no form that leads to {action}")
    values: dict[str, list[str]] = {name: [value] for name, value in form.kept}
    values |= {name: [words[:most]] for name, most in form.texts.items()}
    values |= {name: [given[0]] for name, given in form.choices.items()}
    values |= {name: [value] if isinstance(value, str) else value for name, value in chosen.items()}
    data = [(name, value) for name, several in values.items() for value in several]
    return browser.post(urljoin(page.url, form.action), data=data, headers={"Referer": page.url})
