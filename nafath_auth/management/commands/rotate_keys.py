"""`manage.py rotate_keys`: after a new key stands first in the settings (docs/operations.md)."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter

from django.core.management.base import BaseCommand, CommandError

from entities import encryption
from entities.models import AuditEvent
from nafath_auth.rotation import Moved, digest_key_names, move_encrypted, people_by_key


class Command(BaseCommand):
    help = "Encrypt anew under the current key, and say which older keys somebody still depends on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and change nothing")

    def handle(self, *args: object, dry_run: bool, **options: object) -> None:
        done, people = move_encrypted(dry_run=dry_run), people_by_key()
        if done.moved and not dry_run:
            AuditEvent.record(AuditEvent.Action.CONFIGURATION, rows=done.moved, source="rotate_keys")
        lost = self._encryption(done, dry_run=dry_run) + self._digests(people)
        if lost:
            raise CommandError("Put back the keys that are named above: what needs them cannot be read without.")

    def _encryption(self, done: Moved, *, dry_run: bool) -> int:
        """What was moved, and each older key; returns how many texts no key of the settings opens."""
        current, *older = encryption.key_names()
        verb = "would be moved" if dry_run else "moved"
        self.stdout.write(f"Encryption: {done.moved} texts {verb} to the key {current}.")
        for name in older:
            self._say("encryption", name, done.needed[name], "texts are still under it: run this again")
        if done.unreadable:
            names = ", ".join(sorted(set(done.needed) - {current, *older})) or "a damaged text"
            self.stderr.write(f"Encryption: {done.unreadable} texts cannot be read ({names}).")
        return done.unreadable

    def _digests(self, people: Counter[str]) -> int:
        """Each older key with the people who depend on it; returns how many are known by a key that is gone."""
        current, *older = digest_key_names()
        self.stdout.write(f"Digests: {people[current]} people are known by the key {current}.")
        for name in older:
            reason = "people are known by it alone, each until the next sign-in"
            self._say("digest", name, people[name], reason)
        gone = {name: count for name, count in people.items() if name not in {current, *older}}
        for name, count in sorted(gone.items()):
            self.stderr.write(f"Digests: {count} people cannot sign in without the key {name}.")
        return sum(gone.values())

    def _say(self, kind: str, name: str, depend: int, why: str) -> None:
        keep = f"Keep the {kind} key {name}: {depend} {why}."
        self.stdout.write(keep if depend else f"The {kind} key {name} may be removed: nobody depends on it.")
