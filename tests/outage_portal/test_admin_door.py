"""The admins' desk has no door of its own, and asks nobody for a password."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from entities.models import User
from entities.permissions import Role
from tests.factories import a_person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("page", ["password_change", "password_change/done"])
def test_there_is_no_password_to_change(client_of: Callable[[User], Client], page: str) -> None:
    admin = client_of(a_person(Role.ADMIN))
    assert b"password" not in admin.get("/en/admin/").content
    assert admin.get(f"/admin/{page}/").status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.ADMIN, Role.AUDITOR}])
def test_nobody_but_admins_and_auditors_comes_to_the_desk(client_of: Callable[[User], Client], role: Role) -> None:
    browser = client_of(a_person(role))
    for page in ("", "login/", "entities/user/add/", "incidents/report/", "jsi18n/"):
        assert browser.get(f"/admin/{page}", follow=True).status_code == 403
