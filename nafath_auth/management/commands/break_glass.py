"""`manage.py break_glass`: in without Nafath, for somebody of the authority, by two people (docs/operations.md)."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac

from entities import national_id
from entities.fields import KeptText
from entities.models import Membership, User
from entities.permissions import Role
from nafath_auth import break_glass
from nafath_auth.break_glass import BreakGlassRefused
from nafath_auth.models import BreakGlass

PERSON_HELP = "number or identifier (see the admins' desk) or e-mail; never a national ID"


class Command(BaseCommand):
    help = "Ask for an emergency access to the portal without Nafath, or confirm or refuse one as the second person."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("person", nargs="?", help=f"who comes in: {PERSON_HELP}")
        parser.add_argument("--reason", default="", help="why; it is written into the security log")
        parser.add_argument("--by", metavar="PERSON", default="", help="who asks (else who comes in), or who decides")
        decision = parser.add_mutually_exclusive_group()
        decision.add_argument("--confirm", metavar="REFERENCE", default="", help="the second person says yes")
        decision.add_argument("--refuse", metavar="REFERENCE", default="", help="no, or no longer: ends its session")

    def handle(
        self, *args: object, person: str | None, reason: str, by: str, confirm: str, refuse: str, **options: object
    ) -> None:
        with translation.override("en"):
            try:
                if confirm or refuse:
                    self._decide(confirm, refuse, by=by)
                else:
                    self._ask(person or "", reason=reason, by=by)
            except BreakGlassRefused as refused:
                raise CommandError(str(refused)) from refused

    def _ask(self, whom: str, *, reason: str, by: str) -> None:
        person = find(whom)
        try:
            reason = KeptText(max_length=200).clean(reason)
        except ValidationError as mistake:
            raise CommandError(f"--reason: {' '.join(mistake.messages)}") from mistake
        break_glass.entitled(person)
        asker = acting(find(by) if by else person)
        asked, key = break_glass.ask(person, reason=reason, account=account(), by=asker)
        until = timezone.localtime(asked.expires_at)
        with translation.override(person.language):
            door, requests = (settings.PORTAL_ORIGIN + reverse(f"break_glass{page}") for page in ("", "_requests"))
        self.stdout.write(f"Emergency access {asked.reference} for {person.name}. It opens nothing yet.")
        self.stdout.write(
            f"1. A second person, a lead or an admin of the authority, confirms it: at {requests}\n"
            f"   or with: manage.py break_glass --confirm {asked.reference} --by PERSON"
        )
        self.stdout.write(f"2. Then, once and until {until:%H:%M:%S}: {door}#{key}")
        self.stdout.write(f"   The key to type where scripts do not run: {in_groups(key)}")
        self.stdout.write(
            self.style.WARNING("It is in the security log, and the leads are told. Keep the link nowhere.")
        )

    def _decide(self, confirm: str, refuse: str, *, by: str) -> None:
        if not by:
            raise CommandError("Say who decides: --by PERSON.")
        decider = acting(find(by), Role.LEAD, Role.ADMIN)
        reference = (confirm or refuse).strip().upper()
        decide = break_glass.confirm if confirm else break_glass.refuse
        asked: BreakGlass = decide(reference, account=account(), by=decider)
        done = "confirmed: the link opens now, once" if confirm else "refused: the link opens nothing any more"
        self.stdout.write(self.style.SUCCESS(f"Emergency access {asked.reference} for {asked.person.name} is {done}."))


def find(text: str) -> User:
    """The person by number, identifier or e-mail. Raises CommandError, which never repeats a national ID."""
    text = text.strip()
    typed = national_id.normalise(text)
    if _identifier(text) is None and national_id.redact(typed) != typed:
        raise CommandError("Never type a national ID here: it would stay in the shell's history. " + PERSON_HELP)
    if not text:
        raise CommandError(f"Name a person: {PERSON_HELP}.")
    found = list(User.objects.filter(**_by(text))[:2])
    if len(found) > 1:
        raise CommandError(f"More than one person is registered with {text}: name the identifier.")
    if not found:
        raise CommandError(f"Nobody is registered as {text}.")
    return found[0]


def acting(person: User, *roles: Role) -> User:
    """The person as a member of the authority, which asks and decides. Raises CommandError."""
    held = Membership.objects.usable().select_related("entity").in_roles(*(roles or Role.values))
    person.acting = held.filter(user=person, entity__kind="regulator").order_by("-pk").first()
    if person.acting is None:
        who = " or ".join(str(role.label).lower() for role in roles) or "member"
        raise CommandError(f"{person.name} is no {who} of the authority who may act today.")
    return person


def account() -> str:
    """A mark of the account that runs the command: enough to see in the log that two lines came from the same one."""
    who = f"{os.environ.get('SUDO_USER', '')}/{os.getuid()}"
    return salted_hmac("nafath_auth.account", who, algorithm="sha256").hexdigest()[:16]


def in_groups(key: str) -> str:
    return "-".join(key[start : start + 5] for start in range(0, len(key), 5))


def _by(text: str) -> dict[str, object]:
    if "@" in text:
        return {"email__iexact": text}
    if text.isascii() and text.isdigit() and len(text) < 19:
        return {"pk": int(text)}
    identifier = _identifier(text)
    if identifier is None:
        raise CommandError(f"{text} is no {PERSON_HELP}.")
    return {"public_id": identifier}


def _identifier(text: str) -> UUID | None:
    """A public identifier; ten of its digits in a row may look like a national ID by chance."""
    try:
        return UUID(text)
    except ValueError:
        return None
