"""The second lock itself: for whom a connection works, which tables it stands before, and that it is taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from entities import row_security
from entities.middleware import RowSecurity
from entities.models import AuditEvent, DigitalService, Entity, Membership, ServiceDependency, Session, User
from entities.permissions import Role
from incidents.models import (
    Attachment,
    Clock,
    Draft,
    FinalReport,
    Policy,
    Report,
    ReportEvent,
    ReviewerNote,
)
from nafath_auth.models import DoorCode
from notifications import health
from outage_portal.celery import app
from outage_portal.checks import POLICIES
from tests.factories import a_person, a_report, a_reviewer, a_service
from tests.web_role import as_owner

OURS = ("entities", "crisis_teams", "nafath_auth", "incidents", "notifications", "outage_portal")
#: What hangs on an entity and carries no lock of its own (decisions.md): who signs in is looked up in it.
OPEN = {Entity, Membership, User, Session, DoorCode, DigitalService, ServiceDependency, Policy}


@pytest.fixture
def locked(db: None) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("row-level security is PostgreSQL's")


def hangs_on_an_entity(model: type[models.Model], seen: frozenset[type[models.Model]] = frozenset()) -> bool:
    """A chain of foreign keys leads from a row to an entity, or to a person."""
    if model in {Entity, User}:
        return True
    targets = {field.related_model for field in model._meta.concrete_fields if field.is_relation}
    ours = {target for target in targets if isinstance(target, type)} - seen - {model}
    return any(hangs_on_an_entity(target, seen | {model}) for target in ours)


# --- Which tables --------------------------------------------------------------------------------------------------


def test_whatever_hangs_on_an_entity_has_a_policy() -> None:
    tenant = {
        model._meta.db_table
        for model in apps.get_models()
        if model._meta.app_label in OURS and not model._meta.proxy and model not in OPEN and hangs_on_an_entity(model)
    }
    assert tenant == set(POLICIES), "say in the app's row_security.py what may be seen of it, or in OPEN why all may"


@pytest.mark.wide
def test_every_lock_is_up_as_the_code_says_and_a_missing_one_is_named(locked: None) -> None:
    def named() -> list[str]:
        return [error.msg for error in run_checks(tags=["database"], databases=["default"]) if "E004" in str(error.id)]

    assert named() == []
    for undo in ("DISABLE", "NO FORCE"):
        with as_owner(), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE incidents_draft {undo} ROW LEVEL SECURITY")
            assert "incidents_draft" in named()[0]
            transaction.set_rollback(True)
    with as_owner(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP POLICY changes ON incidents_clock")
        cursor.execute("COMMENT ON POLICY sees ON incidents_report IS 'of another release'")
        assert "incidents_clock, incidents_report" in named()[0]
        transaction.set_rollback(True)


# --- For whom ------------------------------------------------------------------------------------------------------


@pytest.mark.wide
def test_who_was_not_told_of_sees_and_writes_nothing(locked: None) -> None:
    report = a_report(by=a_person(Role.DIRECTOR))
    with row_security.acting_as(None):
        for model in apps.get_models():
            if model._meta.db_table in POLICIES:
                assert model._default_manager.count() == 0, model
        assert Report.objects.update(summary="x") == 0
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            ReviewerNote.objects.create(report=report, author=report.filed_by, text="x")


@pytest.mark.wide
def test_each_sees_what_is_hers(locked: None) -> None:
    director, neighbour = a_person(Role.DIRECTOR), a_person(Role.DIRECTOR)
    report = a_report(by=director)
    Draft.objects.create(entity=report.entity, kind="OUT", started_by=director, last_writer=director)
    for person, reports, drafts in (
        (director, 1, 1),
        (neighbour, 0, 0),
        (a_reviewer(), 1, 0),
        (a_person(Role.HEAD_CONTACT, entity=report.entity), 1, 0),
    ):
        with row_security.acting_as(person):
            assert Report.objects.count() == reports, person.acting
            assert bool(ReportEvent.objects.count()) == bool(Clock.objects.count()) == bool(reports)
            assert Draft.objects.count() == drafts
            assert AuditEvent.objects.filter(action="READ").count() == 0
    refused = pytest.raises(DatabaseError, match="row-level security")
    with row_security.acting_as(neighbour), refused, transaction.atomic():
        Draft.objects.create(entity=report.entity, kind="OUT", started_by=neighbour, last_writer=neighbour)


@pytest.mark.wide
def test_a_provider_reads_a_consumers_report_and_writes_nothing_of_it(locked: None) -> None:
    owner = a_person(Role.DIRECTOR)
    assert owner.acting
    provider = a_service(entity=owner.acting.entity)
    report = a_report("DEP", by=a_person(Role.DIRECTOR), provider_service=provider)
    FinalReport.objects.create(report=report)
    with row_security.acting_as(owner):
        assert Report.objects.get().events.exists()
        assert Report.objects.update(summary="x") == 0
        assert FinalReport.objects.update(root_cause="x") == 0
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Attachment.objects.create(report=report, name="x", file="x", size=1, sha256="0", added_by=owner)


# --- Taken back ----------------------------------------------------------------------------------------------------


def _asked_for(person: User) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = person
    return request


@pytest.mark.wide
def test_a_request_that_dies_half_way_leaves_the_next_one_nothing(locked: None) -> None:
    director = a_person(Role.DIRECTOR)
    a_report(by=director)

    def dies(_request: HttpRequest) -> HttpResponse:
        with transaction.atomic():
            assert Report.objects.count() == 1
            raise SystemExit(1)  # what gunicorn raises in a worker that takes too long

    with row_security.acting_as(None):
        with pytest.raises(SystemExit):
            RowSecurity(dies)(_asked_for(director))
        assert Report.objects.count() == 0


@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_cannot_be_told_is_closed_and_the_answer_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("row-level security is PostgreSQL's")
    director = a_person(Role.DIRECTOR)
    a_report(by=director)

    def view(_request: HttpRequest) -> HttpResponse:
        assert Report.objects.count() == 1
        monkeypatch.setattr(row_security, "tell", refuses)
        return HttpResponse("the answer")

    def refuses(_connection: Any) -> None:
        raise DatabaseError("gone")

    with row_security.acting_as(None):
        assert RowSecurity(view)(_asked_for(director)).content == b"the answer"
        assert connection.connection is None
        monkeypatch.undo()
        assert Report.objects.count() == 0


@pytest.mark.wide
def test_a_failed_deed_of_the_systems_leaves_the_person_as_she_was(locked: None) -> None:
    director = a_person(Role.DIRECTOR)
    report = a_report(by=director)
    with row_security.acting_as(a_person(Role.DIRECTOR)):
        with pytest.raises(IntegrityError), transaction.atomic(), row_security.as_system():
            Report.objects.filter(pk=report.pk).update(severity=9)
        assert Report.objects.count() == 0
        with row_security.as_system():
            assert Report.objects.count() == 1
        assert Report.objects.count() == 0


@pytest.mark.wide
def test_a_request_tells_once_and_takes_back_once(
    locked: None, client_of: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    browser = client_of(a_reviewer())
    with row_security.acting_as(None), monkeypatch.context() as patch:
        patch.setattr(row_security, "tell", lambda _connection: told.append(row_security._identity.get().role))
        assert browser.get(reverse("board")).status_code == 200
        assert told == [Role.REVIEWER, ""]
        assert Client().get(reverse("nafath_sign_in")).status_code == 200
        assert told == [Role.REVIEWER, ""], "who is not signed in costs nothing"


# --- Who works for the system --------------------------------------------------------------------------------------


def test_every_task_works_as_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    app.loader.import_default_modules()
    ours = [task for name, task in app.tasks.items() if name.startswith(OURS)]
    assert len(ours) >= 5
    for task in ours:
        monkeypatch.setattr(task, "run", row_security._identity.get)
        with row_security.acting_as(None):
            assert task() == row_security.SYSTEM, task.name


@pytest.mark.wide
def test_readiness_counts_everybodys_deliveries(locked: None, monkeypatch: pytest.MonkeyPatch) -> None:
    a_report(by=a_person(Role.DIRECTOR))
    monkeypatch.setattr(health, "EVENT_LATE", -health.EVENT_LATE)
    with row_security.acting_as(None):
        assert health.events_wait()
