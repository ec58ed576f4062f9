"""`manage.py invite_admin`: the one person whom nobody in the portal can register."""

from getpass import getpass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from entities import national_id
from entities.fields import MobileField, NationalIDField
from entities.models import AuditEvent, Entity, Membership, Sector, User
from entities.permissions import Role


class Command(BaseCommand):
    help = (
        "Register an admin, who then enters with Nafath. Everything is asked; nothing is taken from the command line."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--another", action="store_true", help="although there is an active admin")

    def handle(self, *args: Any, another: bool, **options: Any) -> None:
        if not another and Membership.objects.usable().in_roles(Role.ADMIN).exists():
            raise CommandError("There is an admin already. Add --another to register one more.")
        number = self._ask(NationalIDField(), "National ID or Iqama number (not shown): ", hidden=True)
        answers = {
            "name_ar": self._ask(forms.CharField(max_length=200), "Name in Arabic: "),
            "name_en": self._ask(forms.CharField(max_length=200, required=False), "Name in English (optional): "),
            "mobile": self._ask(MobileField(), "Mobile: "),
            "email": self._ask(forms.EmailField(), "E-mail: "),
        }
        admin = invite(number, **answers)
        self.stdout.write(self.style.SUCCESS(f"{admin.name_ar} can sign in now, as an admin of {authority()}."))

    def _ask(self, field: forms.Field, question: str, *, hidden: bool = False) -> str:
        """Ask until the answer is one."""
        while True:
            try:
                return str(field.clean((getpass if hidden else input)(question)))
            except ValidationError as mistake:
                self.stderr.write(" ".join(mistake.messages))


@transaction.atomic
def invite(number: str, **answers: str) -> User:
    """Give the person behind a valid national ID the role, and register her if she is not. Raises CommandError."""
    person = User.objects.known_as(national_id.digests(number)).first() or User.objects.register(
        digest=national_id.digest(number), last4=number[-4:], **answers
    )
    membership, is_new = Membership.objects.exclude(status=Membership.Status.ENDED).get_or_create(
        user=person, entity=authority(), role=Role.ADMIN
    )
    if not is_new:
        raise CommandError("This person is registered as an admin already.")
    AuditEvent.record(
        AuditEvent.Action.MEMBERSHIP,
        entity=membership.entity,
        person=person.public_id,
        change=Membership.Status.INVITED,
        role=Role.ADMIN,
        source="invite_admin",
    )
    return person


def authority() -> Entity:
    """The Digital Government Authority, created when the database is empty."""
    sector = {"name_ar": "التحول الرقمي", "name_en": "Digital"}
    return Entity.objects.filter(kind=Entity.Kind.REGULATOR).first() or Entity.objects.create(
        code="dga",
        abbreviation="DGA",
        name_ar="هيئة الحكومة الرقمية",
        name_en="Digital Government Authority",
        kind=Entity.Kind.REGULATOR,
        sector=Sector.objects.get_or_create(code="digital", defaults=sector)[0],
    )
