"""A report with whoever filed it, a reviewer with the board, and the browser of the one a module is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from entities.models import User
from entities.permissions import Role
from incidents.models import Report
from tests.factories import a_person, a_report, a_reviewer, a_service


@pytest.fixture
def report() -> Report:
    service = a_service(tier=1)
    return a_report(by=a_person(entity=service.entity), service=service)


@pytest.fixture
def filer(report: Report) -> User:
    report.filed_by.acting = report.filed_by.memberships.select_related("entity").get()
    return report.filed_by


@pytest.fixture
def reviewer() -> User:
    return a_reviewer(Role.LEAD)


@pytest.fixture
def person(filer: User) -> User:
    """Who sits at the browser; a module about somebody else says so."""
    return filer


@pytest.fixture
def browser(client_of: Callable[[User], Client], person: User) -> Client:
    return client_of(person)


@pytest.fixture
def listed(browser: Client) -> Callable[..., list[str]]:
    """The references on the board with this filter, in their order."""

    def read(**query: Any) -> list[str]:
        rows = browser.get(reverse("board"), query).context["rows"]
        return [row.report.reference for row in rows]

    return read
