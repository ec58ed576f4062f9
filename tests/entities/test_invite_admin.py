"""The first admin is registered at the terminal, and her number stands in no argument and no row."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from entities import national_id
from entities.models import AuditEvent, Entity, Membership, User
from entities.permissions import Role
from tests.factories import a_person

NUMBER = "1000000008"
Invite = Callable[..., str]
pytestmark = pytest.mark.django_db


@pytest.fixture
def invite(monkeypatch: pytest.MonkeyPatch) -> Invite:
    """Run the command, with what is typed."""

    def run(*options: str, numbers: tuple[str, ...] = (NUMBER,), mobile: tuple[str, ...] = ("0500000118",)) -> str:
        hidden, shown = iter(numbers), iter(["هند السبيعي", "Hind Al-Subaie", *mobile, "hind@example.sa"])
        monkeypatch.setattr("entities.management.commands.invite_admin.getpass", lambda question: next(hidden))
        monkeypatch.setattr("builtins.input", lambda question: next(shown))
        printed = StringIO()
        call_command("invite_admin", *options, stdout=printed, stderr=printed)
        return printed.getvalue()

    return run


def test_first_admin_of_an_empty_portal(invite: Invite) -> None:
    printed = invite()
    person, membership = User.objects.get(), Membership.objects.get()
    assert (person.name_ar, person.mobile, person.email) == ("هند السبيعي", "+966500000118", "hind@example.sa")
    assert person.national_id_digest == national_id.digest(NUMBER)
    assert (membership.user, membership.role) == (person, Role.ADMIN)
    assert membership.entity == Entity.objects.get(kind=Entity.Kind.REGULATOR, code="dga")
    assert membership in Membership.objects.usable()
    assert not person.has_usable_password()
    assert NUMBER not in printed


def test_invitation_is_audited(invite: Invite) -> None:
    invite()
    event = AuditEvent.objects.get()
    assert (event.action, event.person) == (AuditEvent.Action.MEMBERSHIP, User.objects.get().public_id)


def test_answers_are_asked_for_until_they_are_right(invite: Invite) -> None:
    printed = invite(numbers=("", "1000000009", "٣٣٣", "١٠٠٠٠٠٠٠٠٨"), mobile=("123", "+966500000118"))
    assert User.objects.get().mobile == "+966500000118"
    assert "10 digits" in printed or "10 أرقام" in printed


def test_second_admin_must_be_meant(invite: Invite) -> None:
    invite()
    with pytest.raises(CommandError, match="--another"):
        invite(numbers=("1000000016",))
    invite("--another", numbers=("1000000016",))
    assert Membership.objects.usable().in_roles(Role.ADMIN).count() == 2


def test_registered_person_is_given_the_role_and_keeps_her_data(invite: Invite) -> None:
    person = a_person(Role.REVIEWER, number=NUMBER)
    invite()
    assert User.objects.get() == person
    assert {membership.role for membership in person.memberships.all()} == {Role.REVIEWER, Role.ADMIN}
    with pytest.raises(CommandError, match="already"):
        invite("--another")


def test_number_is_no_argument() -> None:
    with pytest.raises(CommandError):
        call_command("invite_admin", NUMBER)
    with pytest.raises(TypeError):
        call_command("invite_admin", national_id=NUMBER)
