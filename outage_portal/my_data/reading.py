"""All that is kept of one person, for her page and for the file that she takes along."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import AuditEvent, Membership, Session, User
from entities.permissions import Role
from entities.row_security import as_system
from incidents.models import BoardView, CalendarToken, Report
from notifications.models import Follow
from notifications.preferences import preference_of

LATELY = timedelta(days=365)
MOST = 100  # sign-ins, and revealings, that the page and the file name


@dataclass(frozen=True)
class Revealed:
    """Somebody was shown her mobile and e-mail in full."""

    at: datetime
    who: str
    role: str
    reason: str


class MyData:
    """Read as it is asked for; the newest stands first."""

    def __init__(self, person: User) -> None:
        self.person = person
        held = Membership.objects.filter(user=person).select_related("entity")
        self.memberships = list(held.order_by("-created_at"))
        since = timezone.now() - LATELY
        filed = Report.objects.filter(filed_by=person).order_by("submitted_at")
        with as_system():  # lines about her, wherever they stand; all of them are hers
            self.sign_ins = list(
                AuditEvent.objects.sign_ins_of(person).filter(at__gte=since).select_related("entity")[:MOST]
            )
            self.revealed = _revealed(person, since=since)
            self.reports_filed = list(filed.values("reference", "submitted_at"))
            feeds = CalendarToken.objects.filter(membership__user=person)
            self.calendar_feeds = list(feeds.values("created_at", "membership__entity__code"))
            self.board_views = list(BoardView.objects.filter(person=person).values("name", "query", "shared"))
            self.follows = [
                {
                    "since": each.created_at,
                    "report": each.report.reference if each.report else None,
                    "service": each.service.name if each.service else None,
                    "entity": each.entity.code if each.entity else None,
                }
                for each in Follow.objects.filter(membership__user=person).select_related("report", "service", "entity")
            ]


def _revealed(person: User, *, since: datetime) -> list[Revealed]:
    events = list(AuditEvent.objects.revealing(person).filter(at__gte=since)[:MOST])
    people: dict[UUID | None, User] = {
        user.public_id: user for user in User.objects.filter(public_id__in={event.person for event in events})
    }
    roles = dict(Role.choices)
    return [
        Revealed(
            at=event.at,
            who=people[event.person].name if event.person in people else "—",
            role=str(roles.get(event.role, "")),
            reason=str(event.data.get("reason") or event.data.get("reference", "")),
        )
        for event in events
    ]


def _settings(person: User) -> dict[str, Any]:
    wanted = preference_of(person)
    return {
        "not_mailed": wanted.no_mail,
        "no_sms_of": wanted.no_sms,
        "quiet_from": wanted.quiet_from,
        "quiet_until": wanted.quiet_until,
    }


def as_file(mine: MyData) -> dict[str, Any]:
    """The same for a machine. Times are ISO 8601 with their offset."""
    person = mine.person
    return {
        "made_at": timezone.now(),
        "controller": _("Digital Government Authority"),
        "person": {
            "id": person.public_id,
            "name_ar": person.name_ar,
            "name_en": person.name_en,
            "national_id_last4": person.national_id_last4,
            "mobile": person.mobile,
            "email": person.email,
            "language": person.language,
            "registered_at": person.created_at,
            "last_sign_in": person.last_login,
            "privacy_notice": {"version": person.notice_version, "at": person.notice_at},
        },
        "message_settings": _settings(person),
        "memberships": [
            {
                "entity": membership.entity.code,
                "entity_name": membership.entity.name,
                "role": membership.role,
                "status": membership.status,
                "from": membership.valid_from,
                "to": membership.valid_to,
                "ended_at": membership.ended_at,
                "ended_reason": membership.ended_reason,
            }
            for membership in mine.memberships
        ],
        "sign_ins": [{"at": event.at, "entity": event.entity.code, "role": event.role} for event in mine.sign_ins],
        "revealed": [
            {"at": line.at, "to": line.who, "role": line.role, "reason": line.reason} for line in mine.revealed
        ],
        "sessions": [
            {"started_at": row.started_at, "seen_at": row.seen_at, "address": row.address, "device": row.device}
            for row in Session.objects.visible_to(person).alive()
        ],
        "reports_filed": mine.reports_filed,
        "follows": mine.follows,
        "board_views": mine.board_views,
        "calendar_feeds": [
            {"made_at": row["created_at"], "entity": row["membership__entity__code"]} for row in mine.calendar_feeds
        ],
    }
