"""Who outside the portal reads of an incident, and the links by which the owner of an address says yes, or no more.

The tokens are signed and name a row by its random key, nothing else: no address, no office. Each opens one thing. The
one that confirms is good as long as an unconfirmed row is kept; the one that leaves the list for half a year, and every
mail brings a new one.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db.models import Q
from django.urls import reverse

from incidents.grouping import children
from incidents.models import Incident, OutsideReader
from incidents.models.outside import OutsideReaderQuerySet

CONFIRM_WITHIN = timedelta(days=settings.RETENTION_DAYS["outside_unconfirmed"])
LEAVE_WITHIN = timedelta(days=180)
_CONFIRM, _LEAVE = "incidents.outside.confirm", "incidents.outside.leave"


def outside_readers_of(incident: Incident) -> OutsideReaderQuerySet:
    """Confirmed, and of a sector that the incident touches: of who reports, or of whose service it is. Or of all."""
    reports = children(incident)
    touched = Q(sectors__in=reports.values("entity__sector"))
    touched |= Q(sectors__in=reports.values("main_service__entity__sector"))
    return OutsideReader.objects.confirmed().filter(Q(sectors__isnull=True) | touched).distinct()


def confirm_address(reader: OutsideReader) -> str:
    """The page on which its owner says yes, in the active language."""
    return _address("outside_confirm", reader, salt=_CONFIRM)


def leave_address(reader: OutsideReader) -> str:
    """Where its owner leaves the list, in the active language; mail programs post there (RFC 8058)."""
    return _address("outside_leave", reader, salt=_LEAVE)


def confirmed_by(token: str) -> UUID | None:
    """Whose link it is; None where it was never ours, or is too old."""
    return _read(token, salt=_CONFIRM, within=CONFIRM_WITHIN)


def left_by(token: str) -> UUID | None:
    """Whose link it is; None where it was never ours, or is too old."""
    return _read(token, salt=_LEAVE, within=LEAVE_WITHIN)


def _address(name: str, reader: OutsideReader, *, salt: str) -> str:
    return f"{settings.PORTAL_ORIGIN}{reverse(name, args=[signing.dumps(reader.pk.hex, salt=salt)])}"


def _read(token: str, *, salt: str, within: timedelta) -> UUID | None:
    try:
        return UUID(str(signing.loads(token, salt=salt, max_age=within)))
    except (signing.BadSignature, ValueError):
        return None
