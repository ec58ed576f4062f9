"""Entities and services as rows of a file; the columns are those of the demo's CSV files, and “active”."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from entities.importing.plan import CatalogueImport, Column, Plan, Row, State
from entities.models import AuditEvent, DigitalService, Entity, Sector, User
from entities.text import western_digits

YES, NO = frozenset({"1", "yes", "true", "نعم"}), frozenset({"0", "no", "false", "لا"})
_WORD = re.compile(r"[a-z0-9-]{1,40}")


def _yes_or_no(text: str) -> bool:
    word = western_digits(text).casefold()
    if word in YES or word in NO:
        return word in YES
    raise ValidationError(_("Write 1 for yes, 0 for no."))


def _number(text: str) -> int | None:
    digits = western_digits(text)
    if not digits:
        return None
    if not digits.isdecimal() or len(digits) > 10:
        raise ValidationError(_("Write a whole number, digits only."))
    return int(digits)


def _tier(text: str) -> int:
    digits = western_digits(text)
    if digits not in {str(tier.value) for tier in DigitalService.Tier}:
        raise ValidationError(_("Write 0, 1, 2 or 3."))
    return int(digits)


def read_codes(text: str) -> list[str]:
    """Codes with spaces between them. Raises ValidationError."""
    words = text.split()
    if not all(_WORD.fullmatch(word) for word in words):
        raise ValidationError(_("Write codes with spaces between them."))
    return words


def _figure(value: int | None) -> str:
    return "" if value is None else str(value)


ACTIVE = Column("active", "is_active", _yes_or_no, lambda value: "1" if value else "0", optional=True)


class EntityImport(CatalogueImport):
    model = Entity
    keys = ("code",)

    def __init__(self, *, lock: bool = False) -> None:
        self.sectors = {sector.code: sector for sector in Sector.objects.all()}
        self.columns = (  # type: ignore[misc]  # the sector's column reads the sectors of this moment
            Column("code", "code"),
            Column("abbreviation", "abbreviation"),
            Column("name_ar", "name_ar"),
            Column("name_en", "name_en"),
            Column("kind", "kind"),
            Column("sector", "sector", self._sector, lambda sector: sector.code),
            ACTIVE,
        )
        super().__init__(lock=lock)

    def read_catalogue(self, *, lock: bool) -> None:
        entities = Entity.objects.known().select_related("sector")
        if lock:
            entities = entities.select_for_update(of=("self",), no_key=True)
        self.there = {(entity.code,): entity for entity in entities.order_by("pk")}

    def fresh(self, key: tuple[str, ...]) -> Entity:
        if key == (Entity.UNKNOWN_OWNER,):
            raise ValidationError(_("This code is taken."))
        return Entity(code=key[0])

    def frozen(self, thing: Entity, *, name: str, value: Any) -> str:
        if name == "kind" and value == Entity.Kind.REGULATOR:
            return _("The authority is not made by an import.")
        if name == "kind" and thing.pk:
            return _("The kind of an entity does not change.")
        if name == "is_active" and thing.is_authority and not value:
            return _("The authority stays active.")
        return ""

    def save(self, plan: Plan, *, by: User) -> None:
        new, changed = plan.of(State.NEW), plan.of(State.CHANGED)
        Entity.objects.bulk_create([_entity(row) for row in new])
        names = ["abbreviation", "name_ar", "name_en", "sector", "is_active"]
        Entity.objects.bulk_update([_entity(row) for row in changed], names, batch_size=500)
        DigitalService.objects.filter(entity__in=[_entity(row) for row in changed]).write_search_text()
        for row in [*new, *changed]:
            AuditEvent.record(
                AuditEvent.Action.CATALOGUE,
                entity=_entity(row),
                by=by,
                model="entity",
                pk=str(row.thing.pk),
                fields=row.attributes,
                added=row.state == State.NEW,
                imported=True,
            )

    def _sector(self, text: str) -> Sector:
        if text not in self.sectors:
            raise ValidationError(_("There is no sector with the code “%(code)s”.") % {"code": text})
        return self.sectors[text]


class ServiceImport(CatalogueImport):
    model = DigitalService
    keys = ("entity", "code")
    columns = (
        Column("entity", "entity", write=lambda entity: entity.code),
        Column("code", "code"),
        Column("name_ar", "name_ar"),
        Column("name_en", "name_en"),
        Column("tier", "tier", _tier, _figure),
        Column("users_per_day", "users_per_day", _number, _figure),
        Column("rto_minutes", "rto_minutes", _number, _figure),
        Column("channels", "channels", read_codes, " ".join, optional=True),
        Column("beneficiaries", "beneficiaries", read_codes, " ".join, optional=True),
        ACTIVE,
    )

    def read_catalogue(self, *, lock: bool) -> None:
        services = DigitalService.objects.listed().select_related("entity")
        if lock:
            services = services.select_for_update(of=("self",), no_key=True)
        self.entities = {entity.code: entity for entity in Entity.objects.known()}
        self.there = {(service.entity.code, service.code): service for service in services.order_by("pk")}

    def fresh(self, key: tuple[str, ...]) -> DigitalService:
        entity = self.entities.get(key[0])
        if entity is None:
            raise ValidationError(_("There is no entity with the code “%(code)s”.") % {"code": key[0]})
        return DigitalService(entity=entity, code=key[1])

    def save(self, plan: Plan, *, by: User) -> None:
        new, changed = plan.of(State.NEW), plan.of(State.CHANGED)
        for row in [*new, *changed]:
            service = _service(row)
            service.search_text = DigitalService.search_text_for(
                name_ar=service.name_ar, name_en=service.name_en, entity=service.entity
            )
        DigitalService.objects.bulk_create([_service(row) for row in new])
        names = [column.attribute for column in self.columns if column.name not in self.keys]
        DigitalService.objects.bulk_update([_service(row) for row in changed], [*names, "search_text"], batch_size=500)
        by_entity = sorted([*new, *changed], key=lambda row: _service(row).entity.pk)
        for _key, rows in groupby(by_entity, key=lambda row: _service(row).entity.pk):
            self._audit(list(rows), by=by)

    def _audit(self, rows: list[Row], *, by: User) -> None:
        """One line in the owner's chain: which services, and which of their fields."""
        AuditEvent.record(
            AuditEvent.Action.CATALOGUE,
            entity=_service(rows[0]).entity,
            by=by,
            model="digitalservice",
            imported=True,
            added=[row.code for row in rows if row.state == State.NEW],
            fields={row.code: row.attributes for row in rows if row.state == State.CHANGED},
        )


def _entity(row: Row) -> Entity:
    return cast(Entity, row.thing)


def _service(row: Row) -> DigitalService:
    return cast(DigitalService, row.thing)
