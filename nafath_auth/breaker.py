"""The circuit breaker of Nafath: shared by all processes in one row, opened by failures or by a lead's hand.

What counts as a failure is said in adapters/trust.py, what counts as a success in probe.py and provider.py: a call
that went well while the next one hangs proves nothing. Source: docs/adr/0019.
"""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from entities.models import AuditEvent, Breaker, Entity, Notice, User
from entities.models.breaker import NAFATH
from entities.row_security import as_system

FAILURES, WINDOW = 3, timedelta(minutes=3)  # so many within so long, without a success between them
HALF_OPEN_AFTER = timedelta(seconds=20)  # then one try is let through, whether or not a worker probes
ANSWER_LASTS = timedelta(minutes=1)  # an older success is asked for anew when somebody signs in
HELD_FOR = timedelta(hours=4)
log = structlog.get_logger(__name__)


def state() -> Breaker:
    """How it stands now; one query."""
    return Breaker.objects.filter(pk=NAFATH).first() or Breaker(name=NAFATH)


def is_open() -> bool:
    return state().is_open(at=timezone.now())


@transaction.atomic
def failed() -> None:
    """Nafath did not answer, or with its own error. The third time in a short while opens the breaker."""
    now, row = timezone.now(), _locked()
    if row.failing_since is None or now - row.failing_since > WINDOW:
        row.failing_since, row.failures = now, 0
    row.failures = min(row.failures + 1, 1000)
    opens = row.opened_at is None and row.failures >= FAILURES
    if opens:
        row.opened_at = row.tried_at = now
    row.save()
    if opens:
        log.error("nafath_breaker_opened", failures=row.failures)
        _tell("opened", at=now)


def answered() -> None:
    """Nafath answers. Writes once a minute while all is well; closes the breaker, unless a hand holds it open."""
    now, row = timezone.now(), state()
    known = row.answered_at is not None and now - row.answered_at < ANSWER_LASTS / 2
    if known and not row.failures and row.opened_at is None:
        return
    with transaction.atomic():
        row = _locked()
        closes = row.opened_at is not None
        row.failures, row.failing_since, row.opened_at, row.tried_at, row.answered_at = 0, None, None, None, now
        row.save()
        if closes:
            log.warning("nafath_breaker_closed")
            _tell("closed", at=now)


def may_try() -> bool:
    """Whether a call is worth its wait: always while it is closed, now and then one while it is open."""
    return state().opened_at is None or takes_turn()


def takes_turn() -> bool:
    """The one try that is let through an open breaker; whoever else asks meanwhile is told no at once."""
    now = timezone.now()
    due = Q(tried_at__isnull=True) | Q(tried_at__lte=now - HALF_OPEN_AFTER)
    return bool(Breaker.objects.filter(due, pk=NAFATH).update(tried_at=now))


@transaction.atomic
def hold_open(*, reason: str, by: User) -> Breaker:
    """A lead reviewer says that Nafath does not answer people, whatever it answers us. For four hours."""
    now, row = timezone.now(), _locked()
    row.held_until = now + HELD_FOR
    row.save()
    _tell("held_open", at=now, reason=reason, by=by)
    return row


@transaction.atomic
def close(*, reason: str, by: User) -> Breaker:
    """A lead reviewer closes it; it opens again by itself if Nafath goes on failing."""
    now, row = timezone.now(), _locked()
    row.held_until = row.opened_at = row.tried_at = row.failing_since = None
    row.failures = 0
    row.save()
    _tell("closed_by_hand", at=now, reason=reason, by=by)
    return row


def one_by_one() -> None:
    """Wait for whoever passes here now; whoever comes after waits until this transaction ends."""
    _locked()


def _locked() -> Breaker:
    Breaker.objects.get_or_create(pk=NAFATH)
    return Breaker.objects.select_for_update(no_key=True).get(pk=NAFATH)


def _tell(change: str, *, at: datetime, reason: str = "", by: User | None = None) -> None:
    """One line in the authority's log, and a notice to its leads; before there is an authority, nobody to tell."""
    authority = Entity.objects.filter(kind=Entity.Kind.REGULATOR).first()
    if authority is None:
        return
    AuditEvent.record(AuditEvent.Action.CONFIGURATION, entity=authority, by=by, nafath=change, reason=reason)
    with as_system():  # whoever was at the door when it changed
        Notice.objects.get_or_create(
            key=f"nafath:{change}:{at:%Y%m%d%H%M%S%f}",
            defaults={"kind": Notice.Kind.NAFATH_AWAY, "entity": authority, "data": {"change": change}, "at": at},
        )
