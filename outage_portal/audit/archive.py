"""The oldest stretch of a chain, once its term is over: into a file, a checkpoint on the head, out of the table.

The file's lines are the chain's own rows, so that it can be followed for itself from the digest its first line names.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from entities import guards
from entities.chain import Followed, canonical, follow
from entities.models import AuditEvent, ChainHead

MOST_LINES = 2000  # a file


class ChainBroken(Exception):
    """What is not as it was written stays where it is, for somebody must look at it."""


@dataclass
class KeptLine:
    """A line of a file, as the chain reads it."""

    seq: int
    prev_hash: str
    hash: str
    said: dict[str, Any]

    def content(self) -> dict[str, Any]:
        return self.said


def past(before: datetime) -> int:
    """How many lines are older."""
    return AuditEvent.objects.filter(at__lt=before).count()


@transaction.atomic
def take_out(entity: int, *, before: datetime) -> int:
    """The next stretch of an entity's chain, and how many lines it had. Only the table's owner may.

    Raises ChainBroken, and then nothing is taken out.
    """
    with guards.opened_by_owner("entities_auditevent"):  # first: whoever waits for a head holds no lock of this table
        head = ChainHead.objects.select_for_update().select_related("entity").get(pk=entity)
        here = AuditEvent.objects.filter(entity=entity).order_by("seq")
        old = list(takewhile(lambda event: event.at < before, here[:MOST_LINES]))
        if not old:
            return 0
        found = follow(old, seq=head.checkpoint_seq, before=head.checkpoint_hash)
        if found.missing or found.changed:
            raise ChainBroken(f"{head.entity.code}: number {found.missing or found.changed} is not as it was written")
        file = _write(head.entity.code, old)
        head.checkpoint_seq, head.checkpoint_hash = found.seq, found.hash
        head.save(update_fields=["checkpoint_seq", "checkpoint_hash"])
        here.filter(seq__lte=found.seq).delete()
    AuditEvent.record(
        AuditEvent.Action.PURGE, entity=head.entity, removed="audit_log", rows=len(old), until=found.seq, file=file.name
    )
    return len(old)


def follow_file(file: Path) -> Followed:
    """Follow a file from the digest that its first line names."""
    lines = list(_read(file))
    return follow(lines, seq=lines[0].seq - 1, before=lines[0].prev_hash)


def _write(code: str, events: list[AuditEvent]) -> Path:
    """The lines, on the disk before the table loses them. The same stretch has the same name, and is written anew."""
    root: Path = settings.AUDIT_ARCHIVE_ROOT
    root.mkdir(parents=True, exist_ok=True, mode=0o750)
    file = root / f"{code}-{events[0].seq:010}-{events[-1].seq:010}.jsonl"
    unfinished = file.with_suffix(".part")
    unfinished.touch(0o640)
    with unfinished.open("wb") as out:
        for event in events:
            out.write(canonical({**event.content(), "prev_hash": event.prev_hash, "hash": event.hash}) + b"\n")
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(file)
    return file


def _read(file: Path) -> Iterator[KeptLine]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            said = json.loads(line)
            prev_hash, digest = said.pop("prev_hash"), said.pop("hash")
            yield KeptLine(said["seq"], prev_hash, digest, said)
