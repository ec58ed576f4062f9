"""The second lock: on PostgreSQL a tenant table shows a connection only the rows of whom it answers for.

`visible_to` is the first lock and the only door; this one holds when a view forgets it. A connection is told for whom
it works by three settings, and one that was told nothing sees nothing. Each app names its tenant tables, and what may
be seen of them, in its own `row_security.py`, as its `visible_to` do. On SQLite none of this acts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import DatabaseError, InterfaceError, connection, migrations
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from entities.permissions import AUTHORITY_ROLES, Permission, Role, permissions_of

if TYPE_CHECKING:
    from entities.models import User

# --- For whom a connection works ------------------------------------------------------------------------------------


class Identity(NamedTuple):
    """What the policies ask: the person's key, the role she acts in and its entity's key, each as text."""

    user: str = ""
    role: str = ""
    entity: str = ""


NOBODY, SYSTEM = Identity(), Identity(role="system")
TELL = (
    "SELECT set_config('app.user', %s, false), set_config('app.role', %s, false), set_config('app.entity', %s, false)"
)
_identity: ContextVar[Identity] = ContextVar("row_security", default=NOBODY)
_beside: ContextVar[BaseDatabaseWrapper | None] = ContextVar("told_beside", default=None)


@contextmanager
def acting_as(user: User | None) -> Iterator[None]:
    """See as a person in the membership she acts in; without one, see nothing."""
    acting = user.acting if user else None
    with _identified(Identity(str(acting.user_id), acting.role, str(acting.entity_id)) if acting else NOBODY):
        yield


@contextmanager
def as_system() -> Iterator[None]:
    """See and write every row: for the sweep, the fan-out, commands, and for the few things a request may know of
    others without seeing them. What is asked for inside must be read inside: a QuerySet is lazy.
    """
    with _identified(SYSTEM):
        yield


@contextmanager
def _identified(who: Identity) -> Iterator[None]:
    outer = _identity.get()
    if who == outer:
        yield
        return
    _identity.set(who)
    try:
        for wrapper in _told():
            tell(wrapper)
        yield
    finally:
        _identity.set(outer)
        for wrapper in _told():
            _tell_again(wrapper)


@contextmanager
def told_beside(wrapper: BaseDatabaseWrapper) -> Iterator[None]:
    """This connection works for whomever the portal's own works for, until the end of the block; then for nobody."""
    beside = _beside.set(wrapper)
    try:
        if wrapper.connection is not None:
            tell(wrapper)
        yield
    finally:
        _beside.reset(beside)
        who = _identity.set(NOBODY)
        if wrapper.connection is not None:
            _tell_again(wrapper)
        _identity.reset(who)


def _told() -> list[BaseDatabaseWrapper]:
    """The open connections that work for somebody."""
    return [each for each in (connection, _beside.get()) if each is not None and each.connection is not None]


def _tell_again(wrapper: BaseDatabaseWrapper) -> None:
    """Back to whom it was; a connection that cannot be told is closed, and the answer stands.

    Inside a transaction that failed nothing can be told, and the rollback takes the setting back by itself.
    """
    try:
        tell(wrapper)
    except (DatabaseError, InterfaceError):
        if not wrapper.in_atomic_block:
            wrapper.close()


def tell(wrapper: BaseDatabaseWrapper) -> None:
    """Tell a connection for whom it works; it keeps that beyond a transaction's end."""
    if wrapper.vendor == "postgresql":
        with wrapper.cursor() as cursor:
            cursor.execute(TELL, _identity.get())


def tell_new_connection(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """A connection made under an identity works for it from its first query on."""
    if (connection.alias == "default" or connection is _beside.get()) and _identity.get() != NOBODY:
        tell(connection)


# --- What may be seen -----------------------------------------------------------------------------------------------

# Each is read once a statement (an init plan), however many rows are looked at.
USER = "(SELECT nullif(current_setting('app.user', true), '')::bigint)"
ROLE = "(SELECT current_setting('app.role', true))"
ENTITY = "(SELECT nullif(current_setting('app.entity', true), '')::bigint)"


def role_in(*roles: str) -> str:
    """The person acts in one of these roles."""
    return f"{ROLE} IN ({', '.join(repr(str(role)) for role in sorted(roles))})"


def may(permission: Permission) -> str:
    """The person acts in a role that has the permission."""
    return role_in(*(role for role in Role if permission in permissions_of(role)))


BY_SYSTEM = role_in("system")
BY_AUTHORITY = role_in(*AUTHORITY_ROLES)
OF_OWN_ENTITY = f"entity_id = {ENTITY}"
#: Acting for the authority, in whatever role.
IN_THE_AUTHORITY = f"{ENTITY} IN (SELECT id FROM entities_entity WHERE kind = 'regulator')"  # noqa: S608  # of constants


@dataclass(frozen=True)
class Policy:
    """Which rows a person sees, and which she writes (the same, unless said): conditions in SQL, of a row.

    The system sees and writes all.
    """

    sees: str
    writes: str = ""

    @property
    def digest(self) -> str:
        """What the database remembers it by."""
        return hashlib.sha256(f"{self.sees}|{self.writes}".encode()).hexdigest()[:16]

    def statements(self, table: str) -> Iterator[str]:
        """Drop what there is, and put this up. FORCE: it holds for the table's owner as well."""
        sees = f"{BY_SYSTEM} OR ({self.sees})"
        writes = f"{BY_SYSTEM} OR ({self.writes or self.sees})"
        yield from drops(table)
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
        yield f"CREATE POLICY sees ON {table} FOR SELECT USING ({sees})"
        yield f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({writes})"
        yield f"CREATE POLICY changes ON {table} FOR UPDATE USING ({writes}) WITH CHECK ({writes})"
        yield f"CREATE POLICY removes ON {table} FOR DELETE USING ({writes})"
        yield f"COMMENT ON POLICY sees ON {table} IS '{self.digest}'"


def drops(table: str) -> Iterator[str]:
    """Take a table's policies down: everybody who may read the table sees it whole."""
    for policy in ("sees", "adds", "changes", "removes"):
        yield f"DROP POLICY IF EXISTS {policy} ON {table}"
    yield f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"


def secure(policies: Mapping[str, Policy], *tables: str) -> migrations.RunPython:
    """The migration operation that puts the policies of these tables up, as they stand in the code now.

    A migration that changes a policy, or a column that one reads, ends with this. E004 finds what was forgotten.
    """

    def forwards(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        _execute(editor, [statement for table in tables for statement in policies[table].statements(table)])

    def backwards(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        _execute(editor, [statement for table in tables for statement in drops(table)])

    return migrations.RunPython(forwards, backwards)


def _execute(editor: BaseDatabaseSchemaEditor, statements: list[str]) -> None:
    if editor.connection.vendor == "postgresql":
        with editor.connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


# --- The tenant tables of this app ----------------------------------------------------------------------------------

#: Session, User, Membership, Entity and the catalogue carry none: whoever signs in is looked up in them.
POLICIES = {
    # Auditors read the log; an entity and the authority read in it how a crisis team came to be.
    "entities_auditevent": Policy(
        sees=f"{may(Permission.AUDIT_VIEW)} OR (action = 'TEAM' AND ({OF_OWN_ENTITY} OR {IN_THE_AUTHORITY}))",
        writes="false",
    ),
    "entities_chainhead": Policy(sees=may(Permission.AUDIT_VIEW), writes="false"),
    # Read by the fan-out; written by an entity about itself, and by the authority.
    "entities_notice": Policy(sees=f"{OF_OWN_ENTITY} OR {IN_THE_AUTHORITY}"),
}
