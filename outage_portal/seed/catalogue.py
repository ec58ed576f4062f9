"""The catalogue: real sectors, entities, services and dependencies, and the fictional ones beside them."""

from __future__ import annotations

import csv
from pathlib import Path

from entities.models import DigitalService, Entity, Sector, ServiceDependency

HERE = Path(__file__).parent
#: Whom a real service serves, by its entity's sector; tiers, users and these are our guesses.
BENEFICIARIES = {
    "commerce": ["business"],
    "finance": ["citizens", "business"],
    "industry": ["business"],
    "oversight": ["citizens", "government"],
    "hajj": ["citizens", "residents", "visitors"],
    "tourism": ["visitors", "business"],
}


def read(name: str) -> list[dict[str, str]]:
    """The rows of a CSV beside this file."""
    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def load_catalogue() -> None:
    """Write what is missing; rows that are there, edited or not, stay as they are."""
    Sector.objects.bulk_create([Sector(**row) for row in read("sectors")], ignore_conflicts=True)
    sectors = {sector.code: sector for sector in Sector.objects.all()}
    for name, fictional in (("entities", False), ("model_entities", True)):
        Entity.objects.bulk_create(
            [_entity(row, sectors=sectors, fictional=fictional) for row in read(name)], ignore_conflicts=True
        )
    entities = {entity.code: entity for entity in Entity.objects.select_related("sector")}
    rows = read("services") + read("model_services")
    DigitalService.objects.bulk_create([_service(row, entities[row["entity"]]) for row in rows], ignore_conflicts=True)
    services = {f"{s.entity.code}.{s.code}": s for s in DigitalService.objects.select_related("entity")}
    ServiceDependency.objects.bulk_create(
        [
            ServiceDependency(
                consumer=services[row["consumer"]],
                provider=services[row["provider"]],
                strength=row["strength"],
                state=row.get("state") or ServiceDependency.State.CONFIRMED,
                denial_reason=row.get("denial_reason") or "",
            )
            for row in read("dependencies") + read("model_dependencies")
        ],
        ignore_conflicts=True,
    )


def _entity(row: dict[str, str], *, sectors: dict[str, Sector], fictional: bool) -> Entity:
    return Entity(
        code=row["code"],
        abbreviation=row["abbreviation"],
        name_ar=row["name_ar"],
        name_en=row["name_en"],
        kind=row["kind"],
        sector=sectors[row["sector"]],
        is_fictional=fictional,
        is_active=row.get("active", "1") == "1",
    )


def _service(row: dict[str, str], entity: Entity) -> DigitalService:
    shared = row["tier"] == "0"
    channels = row["channels"].split() if "channels" in row else ["api"] if shared else ["web", "mobile"]
    usual = ["government", "business"] if shared else BENEFICIARIES.get(entity.sector.code, ["citizens", "residents"])
    return DigitalService(
        entity=entity,
        code=row["code"],
        name_ar=row["name_ar"],
        name_en=row["name_en"],
        tier=int(row["tier"]),
        users_per_day=int(row["users_per_day"]),
        rto_minutes=int(row["rto_minutes"]),
        channels=channels,
        beneficiaries=row["beneficiaries"].split() if "beneficiaries" in row else usual,
        search_text=DigitalService.search_text_for(name_ar=row["name_ar"], name_en=row["name_en"], entity=entity),
    )
