"""Things that must agree with each other."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models

from entities.permissions import AUTHORITY_ROLES, ROLE_PERMISSIONS, ROLE_SENTENCES, Permission, Role
from incidents import defaults, lifecycle
from incidents.clocks import CONSUMERS
from incidents.lifecycle import ClockKind
from tests.conftest import LONGEST

ROOT = Path(__file__).resolve().parent.parent
#: Models that belong to no entity: everyone signed in may read them, or only code does.
GLOBAL = {
    "Sector", "ChainHead", "Notice", "Policy", "ClockRule", "ReminderMark", "SeverityRule", "Choice", "Holiday",
    "FreezePeriod",
    "AlarmRule", "SilentOutageReport",
    "ReferenceCounter", "User", "AffectedService", "TimelineRow", "CorrectiveAction", "FieldComment",
    "ReadMark",
    "Breaker", "Reconciled",  # one row, of nobody
    "Hole",  # names a report to the desk, and nobody
    "NafathTransaction", "DoorCode",  # of a browser without a person: its session is the door
}  # fmt: skip
OURS = ("entities", "crisis_teams", "nafath_auth", "incidents", "notifications")


def test_every_role_has_permissions_and_a_sentence() -> None:
    assert set(ROLE_PERMISSIONS) == set(ROLE_SENTENCES) == set(Role)


def test_every_permission_is_held_by_somebody() -> None:
    assert {p for permissions in ROLE_PERMISSIONS.values() for p in permissions} == set(Permission)


def test_the_filer_is_not_the_closer() -> None:
    for role, permissions in ROLE_PERMISSIONS.items():
        assert not {Permission.REPORT_FILE, Permission.REPORT_TRIAGE} <= permissions, role
        if role not in AUTHORITY_ROLES:
            assert Permission.BOARD_VIEW not in permissions


def test_every_clock_of_the_table_has_a_rule_in_the_first_policy() -> None:
    ruled = {row[0] for row in defaults.CLOCK_RULES}
    assert set(ClockKind.values) - ruled == {
        "C9",
        "M3",
        "M4",
    }  # an action says its own day, the window its own start and end


def test_every_clock_that_runs_speaks_at_its_due_moment() -> None:
    started = {c for moves in lifecycle.LIFECYCLES.values() for m in moves for c in m.starts}
    started |= {c for filing in lifecycle.FILING.values() for c in filing.starts}
    speaking = {row[0] for row in defaults.REMINDER_MARKS if row[1] == "due"}
    # At D3's due moment nobody is told that it is due: the sweep answers in the consumer's place.
    assert started - speaking == {ClockKind.D3}


def test_a_later_mark_speaks_to_everyone_an_earlier_one_did() -> None:
    """So «told» on the page is read from one mark. Consumers hear of some marks only: those missed speak along."""
    for clock in ClockKind.values:
        marks = [row for row in defaults.REMINDER_MARKS if row[0] == clock]
        for earlier, later in itertools.pairwise(marks):
            assert set(earlier[4]) - {CONSUMERS} <= set(later[4]), (clock, later[1])


def test_every_model_of_a_tenant_has_the_door() -> None:
    for app in OURS:
        for model in apps.get_app_config(app).get_models():
            if model.__name__ not in GLOBAL:
                assert hasattr(model._default_manager, "visible_to"), f"{model.__name__} has no visible_to"


def test_no_generic_foreign_keys() -> None:
    for app in OURS:
        for model in apps.get_app_config(app).get_models():
            assert not [f for f in model._meta.private_fields if isinstance(f, models.Field)], model


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_lifecycle_page_is_written_from_the_table(tmp_path: Path) -> None:
    page = tmp_path / "lifecycle.md"
    call_command("write_lifecycle", output=str(page))
    assert page.read_text() == (ROOT / "docs" / "lifecycle.md").read_text(), "run manage.py write_lifecycle"


def test_what_begins_first_in_a_run_is_there() -> None:
    files = [str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")]
    assert [each for each in LONGEST if not any(path.startswith(each) for path in files)] == []


def test_every_tone_of_a_notice_is_drawn() -> None:
    drawn = "".join(path.read_text() for path in (ROOT / "static" / "css").glob("*.css"))
    for path in (ROOT / "templates").rglob("*.html"):
        for tone in set(re.findall(r"notice--[a-z]+", path.read_text())):
            assert f".{tone} " in drawn, f"{path}: {tone}"


def test_no_buttons_words_stand_beside_its_middle() -> None:
    """Text, a hidden word right behind it, then space: a flex box takes the space for one more item, with its gap."""
    beside = re.compile(r'\S<span class="visually-hidden">.*</span>\n\s*</(?:button|a)>')
    assert not [path for path in (ROOT / "templates").rglob("*.html") if beside.search(path.read_text())]
