"""What a person finds on a report's page: its forms, its buttons, and how one fills them."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import lifecycle
from incidents.forms.deeds import DEEDS
from incidents.lifecycle import ReportKind, Status
from incidents.models import Report
from tests.factories import a_person, a_report, a_reviewer

#: An update as somebody writes it.
WORDS = "حُصر العطل في موزّع الأحمال، ويجري التحويل"


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


def queries(client: Client, url: str, **headers: str) -> int:
    """How many queries a page takes, without those that only frame transactions."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.get(url, headers=headers)
    assert response.status_code in {200, 204}
    framing = ("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT")
    return sum(not each["sql"].startswith(framing) for each in captured)


def chip(minutes: int) -> str:
    """So many minutes from now, as a page's chip sends it."""
    return (timezone.localtime() + timedelta(minutes=minutes)).isoformat(timespec="minutes")


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    """A file as a browser sends it, with a type of the sender's own."""
    return SimpleUploadedFile(name, content, content_type="application/x-whatever-the-sender-says")


def add(
    client: Client, report: Report, name: str, content: bytes, *, script: bool = True, english: bool = True
) -> HttpResponse:
    """Attach a file: as the script sends it, or as a form without one."""
    url = ("/en" if english else "") + f"/reports/{report.reference}/files/"
    return client.post(url, {"file": upload(name, content)}, headers={"HX-Request": "true"} if script else {})


def as_it_stands(kind: ReportKind, status: Status, severity: int = 3) -> Report:
    """A report of the kind, put where no test has to walk to: the page reads it, nothing moves it."""
    report = a_report(kind)
    columns: dict[str, Any] = {"status": status, "severity": severity}
    if status in lifecycle.PAPERWORK | {Status.CLOSED} and kind != ReportKind.MAINTENANCE:
        columns |= {"restored_at": timezone.now(), "restored_recorded_at": timezone.now() - timedelta(hours=1)}
    if status == Status.MERGED:
        columns |= {"merged_into": a_report(kind, by=people_of(report)["director"]), "merged_at": timezone.now()}
    columns["lane"] = lifecycle.lane_of(kind, status, severity)
    Report.objects.filter(pk=report.pk).update(**columns)
    return Report.objects.get(pk=report.pk)


def people_of(report: Report) -> dict[str, User]:
    entity = report.entity
    director = report.filed_by
    director.acting = director.memberships.select_related("entity").get()
    return {
        "director": director,
        "member": a_person(Role.MEMBER, entity=entity),
        "reviewer": a_reviewer(),
        "lead": a_reviewer(Role.LEAD),
        "auditor": a_person(Role.AUDITOR),
    }


def offered(client: Client, report: Report, name: str) -> bool:
    """Whether the page leads to the deed."""
    address = reverse(DEEDS[name].url, args=[report.reference])
    return address in targets(get(client, report))
