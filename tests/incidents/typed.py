"""The minimal answers of each form as a browser posts them."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from entities.models import DigitalService, Entity, User
from entities.permissions import Role
from incidents.forms.moments import chip_value
from tests.factories import a_person, a_team


def a_director(entity: Entity | None = None, role: Role = Role.DIRECTOR) -> User:
    """Somebody who may file, in an entity whose team is registered."""
    person = a_person(role, entity=entity)
    assert person.acting is not None
    a_team(person.acting.entity)
    return person


def in_days(days: int, *, now: datetime | None = None) -> str:
    """A day ahead as one types it."""
    day = timezone.localtime(now) + timedelta(days=days)
    return f"{day:%Y-%m-%d}"


def minimal(
    slug: str, *, service: DigitalService | None = None, provider: DigitalService | None = None, **more: Any
) -> dict[str, Any]:
    """What is asked, and nothing more (domain/reports.md, The first notice)."""
    now = timezone.now()
    since = {"started_at": chip_value(now - timedelta(minutes=15)), "symptom": ["login"]}
    services = {"services": [service.pk]} if service else {}
    whose = {"provider_service": provider.pk} if provider else {}
    match slug:
        case "own-outage" | "because-of-another":
            said = {**services, **whose, **since, "impact_level": "full", "cyber_suspected": "no"}
        case "consumed-outage":
            touched = {"own_services_affected": [service.pk], "impact_level": "major"} if service else {}
            said = {**whose, **since, "own_services_affected": ["none"], **touched}
        case "maintenance":
            said = {
                **services, "impact": "OUTAGE", "window_start_date": in_days(21), "window_start_time": "0200",
                "window_end_time": "0400", "expected_outage_minutes": "30", "work_kind": "release",
                "rollback_plan": "العودة إلى النسخة السابقة",
            }  # fmt: skip
        case _:
            said = {
                **services, "impact": "DEGRADED", "window_start": chip_value(now), "expected_outage_minutes": "45",
                "emergency_reason": "ثغرة تُستغل الآن",
            }  # fmt: skip
    return {"key": str(uuid.uuid4()), "opened_at": chip_value(now - timedelta(minutes=2)), **said, **more}
