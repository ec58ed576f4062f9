"""Walk every hash chain, the reports' and the audit log's, and name the first broken link of each broken one.

An edited, deleted, inserted or swapped row breaks the chain where it stands; a cut tail no longer reaches the head
that the report (`event_count`, `head_hash`) or the entity (`ChainHead`) keeps. An audit log whose oldest lines are past
their term begins at its checkpoint.

With `--record` the security log holds when that was done and how much was broken; `manage.py doctor` reads it there.

A sealed record is compared too: its file with its digest, its seal with the event that closed the report. With
references it says only how these reports are sealed, for whoever holds such a paper.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from entities.chain import GENESIS, Row, follow
from entities.models import AuditEvent, ChainHead
from incidents.errors import PaperRefused
from incidents.models import Report, ReportEvent, SealedRecord

CHUNK = 2000


@dataclass(frozen=True)
class Head:
    """Whose chain it is, where it must end, and after which line what is still here begins."""

    owner: int
    name: str
    seq: int
    hash: str
    after: int = 0
    before: str = GENESIS


def first_break(rows: Iterable[Row], head: Head) -> str:
    """What is wrong with a chain, at its first broken link; an empty text where it is whole."""
    found = follow(rows, seq=head.after, before=head.before)
    if found.missing:
        return f"number {found.missing} is missing"
    if found.changed:
        return f"number {found.changed} is not what was written"
    if (found.seq, found.hash) != (head.seq, head.hash):
        return f"ends with number {found.seq} and was written to number {head.seq}"
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
    heads = map(_head_of, ChainHead.objects.order_by("entity_id").select_related("entity").iterator(CHUNK))
    rows = AuditEvent.objects.order_by("entity_id", "seq").iterator(CHUNK)
    for head, broken in walk(heads, rows, owner="entity_id"):
        yield head, broken and _audit_again(head, broken)


@transaction.atomic
def _audit_again(head: Head, broken: str) -> str:
    chain = ChainHead.objects.select_for_update().filter(entity_id=head.owner).first()
    if chain is None or not chain.seq:
        return broken
    rows = AuditEvent.objects.filter(entity_id=head.owner).order_by("seq")
    return first_break(rows, _head_of(chain))


def _head_of(chain: ChainHead) -> Head:
    name = f"audit log of {chain.entity.code}"
    return Head(chain.entity_id, name, chain.seq, chain.hash, chain.checkpoint_seq, chain.checkpoint_hash)


def sealed_records(records: QuerySet[SealedRecord]) -> Iterator[tuple[Head, str]]:
    """The papers of closed reports, each with what is wrong with it."""
    sealed = ReportEvent.objects.filter(report=OuterRef("report"), seq=OuterRef("event_count")).values("hash")
    for record in records.select_related("report").annotate(hash=Subquery(sealed)).order_by("made_at").iterator(CHUNK):
        name = f"sealed record of {record.report.reference} ({record.language})"
        broken = "" if record.hash == record.head_hash else "its seal is not the history's"
        try:
            record.read()
        except PaperRefused as refused:
            broken = f"its file is {refused}"
        yield Head(record.report_id, name, record.event_count, record.head_hash), broken


class Command(BaseCommand):
    help = "Verify every hash chain and sealed record; exit 1 and name what is broken in each."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("references", nargs="*", help="say how these reports are sealed, and verify only them")
        parser.add_argument("--record", action="store_true", help="note in the security log that all were verified")

    def handle(self, *args: object, references: list[str], record: bool, **options: object) -> None:
        broken = sum(map(self._describe, references)) if references else self._verify_all()
        if record and not references:
            AuditEvent.record(AuditEvent.Action.VERIFIED, broken=broken)
        if broken:
            raise CommandError(f"Broken: {broken}.")
        self.stdout.write("Every chain is whole.")

    def _describe(self, reference: str) -> int:
        """One report: the length of its history, its head, its papers."""
        report = Report.objects.filter(reference=reference).first()
        if report is None:
            raise CommandError(f"There is no report {reference}.")
        self.stdout.write(f"{reference}: {report.event_count} events, head {report.head_hash}")
        records = SealedRecord.objects.filter(report=report)
        for record in records.order_by("made_at"):
            self.stdout.write(
                f"  sealed ({record.language}): {record.event_count} events, head {record.head_hash}, "
                f"closed {record.closed_at:%Y-%m-%d %H:%M} UTC, file SHA-256 {record.sha256}"
            )
        head = Head(report.pk, reference, report.event_count, report.head_hash)
        chain = iter([(head, _report_again(head, ""))])
        return self._verify(lambda: chain) + self._verify(lambda: sealed_records(records))

    def _verify_all(self) -> int:
        chains = (report_chains, audit_chains, lambda: sealed_records(SealedRecord.objects.all()))
        broken = sum(self._verify(each) for each in chains)
        events, lines = ReportEvent.objects.count(), AuditEvent.objects.count()
        self.stdout.write(
            f"{events:,} events of {Report.objects.count():,} reports, "
            f"{lines:,} lines of {ChainHead.objects.count():,} audit logs, "
            f"{SealedRecord.objects.count():,} sealed records."
        )
        return broken

    def _verify(self, chains: Callable[[], Iterator[tuple[Head, str]]]) -> int:
        broken = 0
        for head, what in chains():
            if what:
                self.stderr.write(f"{head.name}: {what}.")
                broken += 1
        return broken
