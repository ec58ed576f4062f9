"""The house in which things break: PostgreSQL, Redis, the portal, the gateways and the people who file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
import psycopg

from faults import portal as rooms
from faults.browser import Answers, Browser
from faults.filing import Filing, Receipt, median
from faults.people import Town, settle
from faults.portal import Portal
from faults.process import ROOT, wait_until
from faults.servers import Postgres, Redis, small_disk
from faults.sinks import MailServer, SmsGateway

ROLES = ROOT / "docs" / "database-roles.sql"
DATABASE = "portal"
DISK_BYTES = 1024 * 1024


@dataclass
class House:
    """`deaths`: how many senders were at work when they, or the database under them, died.

    `orphans`: the messages on which one was at work then; no other may arrive twice.
    """

    size: int
    postgres: Postgres
    redis: Redis
    portal: Portal
    mail: MailServer
    sms: SmsGateway
    disk: Path
    town: Town
    filing: Filing
    answers: Answers
    deaths: int = 0
    orphans: set[str] = field(default_factory=set)
    #: Those with the end of the lease under which one had them, and what it was telling in one of them.
    leases: dict[str, datetime] = field(default_factory=dict)
    #: Messages that were taken, and whose sender died before it could write that down.
    torn: list[str] = field(default_factory=list)
    #: The most mails one person was sent within ten minutes, as far as it was counted.
    fullest: int = 0
    #: How long a form takes while nothing is wrong, in seconds.
    healthy: float = 0.0

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the database, as its owner reads them; an update's count as its one row."""
        with psycopg.connect(self.postgres.address(database=DATABASE), autocommit=True) as connection:
            done = connection.execute(sql.encode(), values or None)
            return list(done) if done.description else [(done.rowcount,)]

    def count(self, sql: str, *values: object) -> int:
        """The one number that a question has for an answer."""
        return int(self.ask(sql, *values)[0][0])

    def until(self, holds: Callable[[], object], what: str, *, within: float = 90) -> float:
        """Wait for it; returns the seconds. Raises Broken, which says what did not come to pass."""
        from faults.plan import Broken

        try:
            return wait_until(holds, within=within)
        except TimeoutError as late:
            raise Broken(f"{what}: {late}") from late

    def reviewer(self, number: int) -> Browser:
        return Browser(self.portal.web_port, self.answers, self.town.reviewers[number])

    def as_ever(self, receipts: list[Receipt]) -> bool:
        """Whether these forms took no longer than any other day: nothing in them waited for what is away."""
        return median(receipts) <= 2 * self.healthy + 0.5

    def senders_died(self, *, at: datetime | None = None) -> None:
        """What they had leased is nobody's until the lease runs out; what is told in another one has no key of its own.

        Ask for it when they are dead: what the database does not hold as leased, they had not begun, or had stamped.
        `at`: when they died, if that was not just now; what was leased since then is in the hands of living ones.
        """
        from notifications.batches import LEASE

        latest = (at or datetime.now(UTC)) + LEASE
        self.deaths += rooms.SENDERS
        leased = "SELECT id::text, lease_until, told_in_id IS NULL FROM notifications_delivery WHERE state = 'leased'"
        for key, until, has_its_own in self.ask(leased):
            if until <= latest:
                self.leases[key] = until
            if has_its_own:
                self.orphans.add(key)

    def a_lease_passes(self) -> None:
        """For what senders who died still hold; what another has taken since is under a lease of its own."""
        passed = (
            "UPDATE notifications_delivery d SET lease_until = now() FROM unnest(%s::uuid[], %s::timestamptz[]) "
            "AS dead (id, until) WHERE d.id = dead.id AND d.state = 'leased' AND d.lease_until = dead.until"
        )
        self.count(passed, list(self.leases), list(self.leases.values()))

    def sent(self) -> int:
        """How many messages have arrived, each counted once."""
        return len(self.mail.taken) + len(self.sms.taken)

    def explained(self) -> set[str]:
        """What has arrived twice, or may yet, for its sender died: its lease may run out under the next fault."""
        return {*self.twice(), *self.torn, *self.orphans}

    def twice(self) -> list[str]:
        """Those that have arrived more than once."""
        return [key for taken in (self.mail.taken, self.sms.taken) for key, count in dict(taken).items() if count > 1]


@contextmanager
def opened(size: int) -> Iterator[House]:
    """A house with people who file in it, until the end of the block, whatever happens in it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True)))
        folder.chmod(0o711)  # PostgreSQL's account passes through
        disk, is_own = stack.enter_context(small_disk())
        data, store = folder / "postgres", folder / "redis"
        data.mkdir()
        store.mkdir()
        postgres, redis, mail, sms = Postgres(data), Redis(store), MailServer(), SmsGateway()
        for part in (postgres, redis, mail, sms):
            stack.callback(getattr(part, "stop", None) or part.close)
        postgres.start()
        redis.start()
        mail.open()
        sms.open()
        portal = Portal({}, folder=folder, disk=disk, limit=None if is_own else DISK_BYTES)
        environment = rooms.settings_for(
            folder, redis=redis.address, mail_port=mail.port, sms=sms.address, nafath=portal.nafath,
            web=portal.origin, uploads=disk / "uploads",
        )  # fmt: skip
        _make_database(postgres, environment)
        roles = {name: postgres.address(f"portal_{name}", DATABASE) for name in ("owner", "web", "worker")}
        portal.settle(environment, web=roles["web"], worker=roles["worker"])
        portal.simulator.start()
        stack.callback(portal.stop)
        migrated = portal.manage("migrate", "--no-input", "--verbosity", "0", role=roles["owner"])
        if migrated.returncode:
            raise RuntimeError(migrated.stderr)
        town = settle(2 * size + 2000)
        portal.start()
        answers = Answers()
        filing = Filing(town, size=size, port=portal.web_port, answers=answers)
        house = House(size, postgres, redis, portal, mail, sms, disk, town, filing, answers)
        portal.keep(house.senders_died)
        yield house


def _make_database(postgres: Postgres, environment: dict[str, str]) -> None:
    """Empty, with its roles; this process works in it as its owner."""
    with psycopg.connect(postgres.address(), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {DATABASE}".encode())
    address = postgres.address(database=DATABASE)
    with psycopg.connect(address, autocommit=True) as owner:
        owner.execute(ROLES.read_bytes())
    os.environ |= environment | {"DATABASE_URL": address}
    django.setup()


def begin(house: House) -> None:
    """People file; what a form takes while nothing is wrong is measured."""
    house.filing.start()
    house.filing.wait_for(10)
    house.healthy = median(house.filing.wait_for(40))
