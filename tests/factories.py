"""Things for tests, with sensible defaults and traits. Everything filed goes through the actions."""

from __future__ import annotations

import itertools
import uuid
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from crisis_teams.models import CrisisTeam
from entities import national_id
from entities.models import DigitalService, Entity, Membership, Sector, ServiceDependency, User
from entities.permissions import Role
from incidents import actions
from incidents.actions import Answers
from incidents.lifecycle import ReportKind
from incidents.models import DutyShift, Report

_serial = itertools.count(1)


def valid_id(serial: int | None = None, *, resident: bool = False) -> str:
    """A number that passes the check, of a low serial."""
    base = f"{2 if resident else 1}{(serial or next(_serial)) % 10**8:08}"
    return next(base + str(last) for last in range(10) if national_id.passes_luhn(base + str(last)))


def after_the_personas() -> None:
    """Numbers made from now on are none of the pretend Nafath's."""
    while next(_serial) < 1_000:
        pass


def a_sector(code: str = "digital") -> Sector:
    return Sector.objects.get_or_create(code=code, defaults={"name_ar": "التحول الرقمي", "name_en": "Digital"})[0]


def an_entity(*, authority: bool = False, **fields: Any) -> Entity:
    n = next(_serial)
    if authority and (found := Entity.objects.filter(kind=Entity.Kind.REGULATOR).first()):
        return found
    defaults: dict[str, Any] = {
        "code": "dga" if authority else f"entity-{n}",
        "name_ar": "هيئة الحكومة الرقمية" if authority else f"الجهة النموذجية {n}",
        "name_en": "Digital Government Authority" if authority else f"Model entity {n}",
        "kind": Entity.Kind.REGULATOR if authority else Entity.Kind.GOVERNMENT,
    }
    return Entity.objects.create(**{**defaults, "sector": a_sector(), **fields})


def a_person(
    role: Role | str | None = Role.DIRECTOR,
    *,
    entity: Entity | None = None,
    number: str | None = None,
    language: str = "ar",
    **fields: Any,
) -> User:
    """A person with a usable membership in which she acts; `role=None` for somebody without one."""
    n = next(_serial)
    number = number or valid_id()
    person = User.objects.register(
        digest=national_id.digest(number),
        last4=number[-4:],
        **{
            "name_ar": f"منى الشهري {n}",
            "name_en": f"Mona Al-Shehri {n}",
            "mobile": f"+9665{n % 10**8:08}",
            "email": f"person-{n}@example.sa",
            **fields,
        },
    )
    if language != "ar":
        person.language = language
        person.save(update_fields=["language"])
    if role is not None:
        person.acting = a_membership(person, role=role, entity=entity)
    return person


def a_membership(person: User, *, role: Role | str, entity: Entity | None = None, **fields: Any) -> Membership:
    authority = role in {Role.REVIEWER, Role.LEAD, Role.AUDITOR, Role.ADMIN}
    return Membership.objects.create(
        user=person,
        entity=entity or an_entity(authority=authority),
        role=role,
        **{"status": Membership.Status.ACTIVE, "valid_from": date(2024, 1, 1), **fields},
    )


def a_team(entity: Entity) -> CrisisTeam:
    """The registered crisis team of an entity; its people are memberships."""
    return CrisisTeam.objects.get_or_create(entity=entity)[0]


def a_service(*, entity: Entity | None = None, **fields: Any) -> DigitalService:
    n = next(_serial)
    entity = entity or an_entity()
    names = {"name_ar": f"بوابة التراخيص {n}", "name_en": f"Licensing portal {n}"}
    defaults: dict[str, Any] = {
        "code": f"service-{n}",
        "tier": 1,
        "users_per_day": 120_000,
        "rto_minutes": 120,
        **names,
    }
    merged = {**defaults, **fields}
    text = DigitalService.search_text_for(name_ar=merged["name_ar"], name_en=merged["name_en"], entity=entity)
    return DigitalService.objects.create(entity=entity, search_text=text, **merged)


def a_dependency(consumer: DigitalService, provider: DigitalService, **fields: Any) -> ServiceDependency:
    return ServiceDependency.objects.create(consumer=consumer, provider=provider, **fields)


def answers(
    kind: str = ReportKind.OWN_OUTAGE,
    *,
    service: DigitalService,
    provider: DigitalService | None = None,
    impact: str | None = None,
    at: datetime | None = None,
    **columns: Any,
) -> Answers:
    """What a valid minimal form of the kind says."""
    at = at or timezone.now()
    match kind:
        case ReportKind.OWN_OUTAGE:
            filled: dict[str, Any] = {
                "impact_level": impact or "full", "started_at": at - timedelta(minutes=15), "detected_at": at - timedelta(minutes=5),
                "symptom": ["login"], "summary": "تعذّر الدخول إلى الخدمة منذ ربع ساعة", "cyber_suspected": "no",
            }  # fmt: skip
        case ReportKind.MAINTENANCE:
            filled = {
                "window_start": at + timedelta(days=14), "window_end": at + timedelta(days=14, hours=4),
                "expected_outage_minutes": 60, "work_kind": "release", "title": "إصدار جديد", "rollback_plan": "العودة إلى النسخة السابقة",
                "summary": "إصدار جديد",
            }  # fmt: skip
            impact = impact or "OUTAGE"
            if columns.get("window_start", filled["window_start"]) < at + timedelta(days=12):
                filled["emergency_reason"] = "ثغرة تُستغل الآن"  # nearer than the lead time
        case _:
            filled = {
                "provider_service": provider or a_service(tier=0), "started_at": at - timedelta(minutes=15),
                "detected_at": at - timedelta(minutes=5), "symptom": ["integration"], "summary": "فشل التكامل منذ ربع ساعة",
            }  # fmt: skip
    return Answers(affected=[(service, impact or filled.get("impact_level", "full"))], columns={**filled, **columns})


def a_report(
    kind: str = ReportKind.OWN_OUTAGE,
    *,
    by: User | None = None,
    service: DigitalService | None = None,
    key: uuid.UUID | None = None,
    at: datetime | None = None,
    **columns: Any,
) -> Report:
    """A filed report of the kind."""
    by = by or a_person(Role.DIRECTOR)
    assert by.acting is not None
    entity = by.acting.entity
    service = service or a_service(entity=entity)
    filed = actions.file_report(
        kind=kind, entity=entity, key=key or uuid.uuid4(), at=at, by=by,
        answers=answers(kind, service=service, at=at, **columns),
    )  # fmt: skip
    return Report.objects.get(pk=filed.report.pk)


def a_shift(
    person: User, *, role: Role | None = None, hours: tuple[float, float] = (-1, 7), **fields: Any
) -> DutyShift:
    """On duty from and to so many hours from now, in the role in which the person acts."""
    assert person.acting is not None
    now = timezone.now()
    starts_at, ends_at = (now + timedelta(hours=each) for each in hours)
    defaults: dict[str, Any] = {"starts_at": starts_at, "ends_at": ends_at, "phone": "+966550000001"}
    return DutyShift.objects.create(
        person=person.acting, role=role or Role(person.acting.role), **{**defaults, **fields}
    )


def a_reviewer(role: Role = Role.REVIEWER) -> User:
    return a_person(role)
