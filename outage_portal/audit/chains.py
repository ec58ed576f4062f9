"""Whether an entity's chain is whole, at one press: its newest stretch, up to a bound that a page can wait for."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from entities.chain import follow
from entities.models import AuditEvent, ChainHead, Entity, User

MOST_ROWS = 10_000


@dataclass(frozen=True)
class Found:
    """How many lines were followed and of how many; `broken` is the first number that is not as it was written."""

    followed: int
    written: int
    broken: int = 0


def examine(entity: Entity, *, by: User, most: int = MOST_ROWS) -> Found:
    """Follow the newest `most` lines to the head that the entity keeps. `manage.py verify_history` follows them all.

    The head is read first, so a line that is written meanwhile is not asked for.
    """
    head = ChainHead.objects.filter(entity=entity).first()
    if head is None:
        return Found(0, 0)
    start = max(head.seq - most, head.checkpoint_seq)
    log = AuditEvent.objects.visible_to(by).filter(entity=entity, seq__lte=head.seq)
    before: str | None = head.checkpoint_hash
    if start > head.checkpoint_seq:
        before = log.filter(seq=start).values_list("hash", flat=True).first()
    rows = log.filter(Q(seq__gt=start)).order_by("seq")
    found = follow(rows, seq=start, before=before or "")
    broken = found.missing or found.changed
    if not broken and (found.seq, found.hash) != (head.seq, head.hash):
        broken = min(found.seq + 1, head.seq)
    return Found(found.seq - start, head.seq, broken)
