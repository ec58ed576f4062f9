"""What production must not be served with, seen from the top of the stair: the database's locks, sessions, passwords.

The first two look at the database: `manage.py check --database default` asks them, and so does gunicorn's start.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_backends
from django.contrib.auth.backends import BaseBackend
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

import crisis_teams.row_security
import entities.row_security
import incidents.row_security
import nafath_auth.row_security
import notifications.row_security

#: Every tenant table, and what may be seen of it.
POLICIES = {
    **entities.row_security.POLICIES,
    **crisis_teams.row_security.POLICIES,
    **incidents.row_security.POLICIES,
    **nafath_auth.row_security.POLICIES,
    **notifications.row_security.POLICIES,
}
# Where row security is not enabled and forced, by these four policies, as the code has them now.
UNLOCKED = """
SELECT wanted.name FROM unnest(%s::text[], %s::text[]) AS wanted(name, digest)
LEFT JOIN pg_class c ON c.oid = to_regclass(wanted.name)
WHERE c.oid IS NULL OR NOT c.relrowsecurity OR NOT c.relforcerowsecurity
OR (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) <> 4
OR NOT EXISTS (
    SELECT FROM pg_policy p
    WHERE p.polrelid = c.oid AND p.polname = 'sees' AND obj_description(p.oid, 'pg_policy') = wanted.digest
)
"""
# What takes a role past them: bypassing, or being the owner or a member of it.
PAST_THE_LOCKS = """
SELECT r.rolsuper OR r.rolbypassrls OR EXISTS (
    SELECT FROM unnest(%s::text[]) AS wanted(name) JOIN pg_class c ON c.oid = to_regclass(wanted.name)
    WHERE pg_has_role(r.oid, c.relowner, 'MEMBER')
)
FROM pg_roles r WHERE r.rolname = current_user
"""


@register(Tags.database)
def row_security_check(app_configs: Any, databases: Sequence[str] | None, **kwargs: Any) -> list[CheckMessage]:
    """E004: a tenant table without its lock. E005: in production, a role to which the locks do not apply."""
    connection = connections["default"]
    if "default" not in (databases or ()) or connection.vendor != "postgresql":
        return []
    errors: list[CheckMessage] = []
    with connection.cursor() as cursor:
        cursor.execute(UNLOCKED, [list(POLICIES), [policy.digest for policy in POLICIES.values()]])
        if unlocked := sorted(name for (name,) in cursor.fetchall()):
            text = f"Row-level security is missing, or is not the code's: {', '.join(unlocked)}."
            hint = "Run 'manage.py migrate'; a policy that changed needs a migration that ends with secure(...)."
            errors.append(Error(text, hint=hint, id="outage_portal.E004"))
        cursor.execute(PAST_THE_LOCKS, [list(POLICIES)])
        if settings.PRODUCTION and cursor.fetchone() != (False,):
            text = "The database role is a superuser, bypasses row-level security or owns a tenant table."
            hint = "Connect as portal_web or portal_worker, which docs/database-roles.sql makes."
            errors.append(Error(text, hint=hint, id="outage_portal.E005"))
    return errors


@register()
def sign_in_check(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E007: a way in with a password. E008: sessions that ending a membership does not end."""
    errors: list[CheckMessage] = []
    if any(type(backend).authenticate is not BaseBackend.authenticate for backend in get_backends()):
        hint = "AUTHENTICATION_BACKENDS = ['nafath_auth.backends.KnownPeople']"
        errors.append(Error("Nobody enters with a password, but by Nafath.", hint=hint, id="outage_portal.E007"))
    if settings.SESSION_ENGINE != "entities.sessions":
        text = "Sessions must be rows of the database: in a cache they outlive what they were opened with."
        errors.append(Error(text, hint="SESSION_ENGINE = 'entities.sessions'", id="outage_portal.E008"))
    return errors


@register()
def collector_check(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E009: an address of a collector to which no span can be sent. It is not repeated: it may hold a password."""
    if not settings.TRACES_ENDPOINT or _is_address(settings.TRACES_ENDPOINT):
        return []
    hint = "As http://collector.example:4318 in OTEL_EXPORTER_OTLP_ENDPOINT; it takes OTLP over HTTP there, not gRPC."
    text = "The collector of traces is no http:// or https:// address of a machine."
    return [Error(text, hint=hint, id="outage_portal.E009")]


def _is_address(text: str) -> bool:
    try:
        where = urlsplit(text)
        is_whole = text.isprintable() and " " not in text
        return is_whole and where.scheme in {"http", "https"} and bool(where.hostname) and where.port != 0
    except ValueError:  # no port
        return False
