"""docs/data-inventory.md names every field about a person, and no field that is not there."""

from __future__ import annotations

import re

from django.apps import apps
from django.conf import settings
from django.db.models import Field

from entities.models import Membership, User

OURS = {"entities", "crisis_teams", "nafath_auth", "incidents", "notifications"}
#: Names under which people are written down; what points at a person is found by its type.
ABOUT_A_PERSON = re.compile(
    r"^(person|mobile|email|nid_.*|national_id.*|identity_.*|client_ip|address|browser|system|agent_hash"
    r"|session_data|on_behalf_caller|onsite_contact|owner|author)$"
)
WHERE = settings.BASE_DIR / "docs" / "data-inventory.md"


def named() -> set[str]:
    return set(re.findall(r"`(\w+\.\w+\.\w+)`", WHERE.read_text(encoding="utf-8")))


def is_about_a_person(field: Field) -> bool:
    points_at = field.related_model
    names_her = field.model is User and field.name in {"name_ar", "name_en"}
    return bool(points_at in (User, Membership) or names_her or ABOUT_A_PERSON.match(field.name))


def test_every_field_about_a_person_stands_in_the_inventory() -> None:
    about = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in OURS and not model._meta.proxy
        for field in model._meta.local_fields
        if is_about_a_person(field)
    }
    assert about - named() == set()


def test_every_field_of_the_inventory_exists() -> None:
    fields = {f"{m._meta.label}.{field.name}" for m in apps.get_models() for field in m._meta.local_fields}
    assert named() - fields == set()


def test_every_term_is_one_of_the_table() -> None:
    rows = [line.split("|") for line in WHERE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    terms = {cells[-2].strip().split(",")[0] for cells in rows}
    codes = {term for term in terms if re.fullmatch(r"[a-z_]+", term)}
    assert codes and codes <= set(settings.RETENTION_DAYS)
