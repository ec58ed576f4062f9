"""What a person finds on a report's page: its forms, its buttons, and how one fills them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from incidents.models import Report


class _Forms(HTMLParser):
    """Each form of a page: where it posts, and what it would send if nothing were typed."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self.open: dict[str, Any] | None = None
        self.targets: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.open = {"action": given.get("action"), "fields": {}}
            self.forms.append(self.open)
        for name in ("action", "formaction", "href"):
            if given.get(name):
                self.targets.add(str(given[name]))
        if tag == "input" and self.open is not None and given.get("name"):
            if given.get("type") in {"checkbox", "radio"} and "checked" not in given:
                return
            if given.get("type") != "file":
                unsaid = "on" if given.get("type") == "checkbox" else ""
                self.open["fields"].setdefault(str(given["name"]), []).append(given.get("value") or unsaid)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def get(client: Client, report: Report, query: str = "") -> HttpResponse:
    """The page of a report."""
    return client.get(reverse("report_detail", args=[report.reference]) + query)


def targets(response: HttpResponse) -> set[str]:
    """Every address that the page leads or posts to."""
    parser = _Forms()
    parser.feed(text_of(response))
    return parser.targets


def form(response: HttpResponse, action: str) -> dict[str, Any]:
    """What the form with this address sends when nothing is typed."""
    parser = _Forms()
    parser.feed(text_of(response))
    return next(dict(each["fields"]) for each in parser.forms if each["action"] == action)


def send(client: Client, report: Report, name: str, *, page: HttpResponse | None = None, **typed: Any) -> HttpResponse:
    """Fill the form of a deed as it stands on the page, and send it."""
    url = reverse(name, args=[report.reference])
    action = reverse("report_update", args=[report.reference]) if name == "report_no_change" else url
    filled = form(page or get(client, report), action)
    filled.pop("csrfmiddlewaretoken", None)
    return client.post(url, {**filled, **typed})


def messages_of(response: HttpResponse) -> str:
    """The words of the page's notices, without tags."""
    return re.sub(r"<[^>]+>", " ", text_of(response))
