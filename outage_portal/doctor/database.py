"""PostgreSQL: what it is, as whom we come, what it promises, and whether its clock is ours."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from entities import replica
from outage_portal.backup.checking import tables_without_guard
from outage_portal.backup.taking import server_version
from outage_portal.checks import PAST_THE_LOCKS, POLICIES, UNLOCKED
from outage_portal.doctor.finding import Finding, judged

OLDEST = 150000
#: Seconds by which the two clocks may differ: the time of an event comes from one, of a sweep from the other.
SKEW = 2.0
#: Above this share of its connections the next process finds no room.
CROWDED = 0.8
#: A form must not wait longer than a person does: each as docs/operations.md and the settings have it.
TIMEOUTS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
#: An answer with a reference is a promise: what is committed is on the disk.
KEPT = ("fsync", "full_page_writes", "synchronous_commit")


def database() -> Iterator[Finding]:
    """Raises django.db.Error where it does not answer."""
    if connection.vendor != "postgresql":
        connection.ensure_connection()
        yield Finding("database", connection.vendor, "Name a PostgreSQL 15 or newer in DATABASE_URL.")
        yield _migrations()
        return
    connection.ensure_connection()
    version = server_version()
    yield judged("PostgreSQL", _shown(version), well=version >= OLDEST, mend="Upgrade PostgreSQL to 15 or newer.")
    yield _migrations()
    yield from _role()
    yield from _settings()
    yield _connections()
    yield _clock()
    if replica.is_named():
        yield _replica()


def _shown(version: int) -> str:
    return f"{version // 10000}.{version % 10000}"


def _migrations() -> Finding:
    executor = MigrationExecutor(connection)
    waiting = [f"{m.app_label} {m.name}" for m, _back in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    mend = "Run 'manage.py migrate' with portal_owner's DATABASE_URL."
    return judged("migrations", ", ".join(waiting) or "all applied", well=not waiting, mend=mend)


def _role() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        name = cursor.fetchone()[0]
        cursor.execute(PAST_THE_LOCKS, [list(POLICIES)])
        is_bound = cursor.fetchone() == (False,)
        cursor.execute(UNLOCKED, [list(POLICIES), [policy.digest for policy in POLICIES.values()]])
        unlocked = sorted(table for (table,) in cursor.fetchall())
    mend = "Connect as portal_web or portal_worker, which docs/database-roles.sql makes."
    yield judged("role", f"{name}, bound by the locks: {'yes' if is_bound else 'no'}", well=is_bound, mend=mend)
    mend = "Run 'manage.py migrate' of this release as portal_owner; a restore must end without an error."
    found = ", ".join(unlocked) or f"in force on {len(POLICIES)} tables"
    yield judged("row-level security", found, well=not unlocked, mend=mend)
    unguarded = tables_without_guard()
    mend = "Find out who took the guards down; then put them up again with entities.guards.create, as portal_owner."
    yield judged("append-only guards", ", ".join(unguarded) or "up", well=not unguarded, mend=mend)


def _settings() -> Iterator[Finding]:
    said = {name: _setting(name) for name in (*TIMEOUTS, *KEPT)}
    endless = [name for name in TIMEOUTS if said[name] in {"0", "0ms"}]
    found = ", ".join(f"{name} {said[name]}" for name in TIMEOUTS)
    mend = f"Take the role's own {', '.join(endless)} away: the portal sets it at each connection."
    yield judged("timeouts", found, well=not endless, mend=mend)
    loose = [name for name in KEPT if said[name] != "on"]
    found = ", ".join(f"{name} {said[name]}" for name in KEPT)
    yield judged("durability", found, well=not loose, mend=f"Set {', '.join(loose)} to on in postgresql.conf.")


def _setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return str(cursor.fetchone()[0])


def _connections() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
        used = int(cursor.fetchone()[0])
    most = int(_setting("max_connections"))
    mend = "Raise max_connections, or run fewer workers: each process holds one connection, each thread one."
    return judged("connections", f"{used} of {most}", well=used <= most * CROWDED, mend=mend)


def _clock() -> Finding:
    """Ours is read before and after: the way there and back is no difference."""
    with connection.cursor() as cursor:
        before = timezone.now()
        cursor.execute("SELECT clock_timestamp()")
        theirs = cursor.fetchone()[0]
        after = timezone.now()
    off = abs((theirs - (before + (after - before) / 2)).total_seconds()) - (after - before).total_seconds() / 2
    off = max(0.0, off)
    mend = "Let chrony or ntpd keep the time on both machines: deadlines are counted in it."
    return judged("clock beside the database's", f"{off:.1f} s apart", well=off <= SKEW, mend=mend)


def _replica() -> Finding:
    """Whether it is read from; its lag in the metrics is another finding."""
    lag = replica.measure()
    found = "does not answer, or is no copy" if lag is None else f"{lag:.1f} s behind"
    mend = "See DATABASE_URL_REPLICA, and its server's log; make it anew where it has lost the thread. Pages are read"
    mend += " from the primary meanwhile."
    return judged("copy to read from", found, well=lag is not None and lag <= replica.MOST_BEHIND, mend=mend)
