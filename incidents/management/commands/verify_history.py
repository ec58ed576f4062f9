"""Walk every hash chain, the reports' and the audit log's, and name the first broken link of each broken one.

An edited, deleted, inserted or swapped row breaks the chain where it stands; a cut tail no longer reaches the head
that the report (`event_count`, `head_hash`) or the entity (`ChainHead`) keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from entities.chain import GENESIS, link
from entities.models import AuditEvent, ChainHead
from incidents.models import Report, ReportEvent

CHUNK = 2000


class Row(Protocol):
    """What the two chains have in common."""

    seq: int
    prev_hash: str
    hash: str

    def content(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Head:
    """Whose chain it is, and where it must end."""

    owner: int
    name: str
    seq: int
    hash: str


def first_break(rows: Iterable[Row], head: Head) -> str:
    """What is wrong with a chain, at its first broken link; an empty text where it is whole."""
    expected, before = 1, GENESIS
    for row in rows:
        if row.seq != expected:
            return f"number {expected} is missing"
        if row.prev_hash != before or link(before, row.content()) != row.hash:
            return f"number {row.seq} is not what was written"
        expected, before = row.seq + 1, row.hash
    if (expected - 1, before) != (head.seq, head.hash):
        return f"ends with number {expected - 1} and was written to number {head.seq}"
    return ""


def walk(heads: Iterable[Head], rows: Iterable[Any], *, owner: str) -> Iterator[tuple[Head, str]]:
    """Every chain with its break, in one pass over heads and rows that are both in the owner's order."""
    groups = groupby(rows, key=lambda row: getattr(row, owner))
    key, group = next(groups, (None, iter(())))
    for head in heads:
        while key is not None and key < head.owner:
            yield Head(key, f"#{key}", 0, GENESIS), "has rows and no owner"
            key, group = next(groups, (None, iter(())))
        if key == head.owner:
            yield head, first_break(group, head)
            key, group = next(groups, (None, iter(())))
        else:
            yield head, first_break((), head) if head.seq else "has no history"


def report_chains() -> Iterator[tuple[Head, str]]:
    """The reports' histories. One that was written to while it was read is read again under its lock."""
    reports = Report.objects.order_by("pk").values_list("pk", "reference", "event_count", "head_hash")
    heads = (Head(*row) for row in reports.iterator(CHUNK))
    rows = ReportEvent.objects.order_by("report_id", "seq").iterator(CHUNK)
    for head, broken in walk(heads, rows, owner="report_id"):
        yield head, broken and _report_again(head, broken)


@transaction.atomic
def _report_again(head: Head, broken: str) -> str:
    report = Report.objects.select_for_update(of=("self",), no_key=True).filter(pk=head.owner).first()
    if report is None or not report.event_count:
        return broken
    return first_break(report.events.order_by("seq"), Head(report.pk, "", report.event_count, report.head_hash))


def audit_chains() -> Iterator[tuple[Head, str]]:
    """The entities' audit logs, in the same way."""
    found = ChainHead.objects.order_by("entity_id").values_list("entity_id", "entity__code", "seq", "hash")
    heads = (Head(entity, f"audit log of {code}", seq, digest) for entity, code, seq, digest in found.iterator(CHUNK))
    rows = AuditEvent.objects.order_by("entity_id", "seq").iterator(CHUNK)
    for head, broken in walk(heads, rows, owner="entity_id"):
        yield head, broken and _audit_again(head, broken)


@transaction.atomic
def _audit_again(head: Head, broken: str) -> str:
    chain = ChainHead.objects.select_for_update().filter(entity_id=head.owner).first()
    if chain is None or not chain.seq:
        return broken
    rows = AuditEvent.objects.filter(entity_id=head.owner).order_by("seq")
    return first_break(rows, Head(head.owner, "", chain.seq, chain.hash))


class Command(BaseCommand):
    help = "Verify every hash chain; exit 1 and name the first broken link of each broken one."

    def handle(self, *args: object, **options: object) -> None:
        broken = sum(self._verify(chains) for chains in (report_chains, audit_chains))
        events, lines = ReportEvent.objects.count(), AuditEvent.objects.count()
        self.stdout.write(
            f"{events:,} events of {Report.objects.count():,} reports, "
            f"{lines:,} lines of {ChainHead.objects.count():,} audit logs."
        )
        if broken:
            raise CommandError(f"Broken chains: {broken}.")
        self.stdout.write("Every chain is whole.")

    def _verify(self, chains: Callable[[], Iterator[tuple[Head, str]]]) -> int:
        broken = 0
        for head, what in chains():
            if what:
                self.stderr.write(f"{head.name}: {what}.")
                broken += 1
        return broken
