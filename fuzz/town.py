"""The town that is asked: somebody in every role, reports in every situation, and neighbours whose words are marked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.core.files.base import ContentFile
from django.db import models
from django.test import Client
from django.utils import timezone

from entities.models import User
from entities.permissions import AUTHORITY_ROLES, Role
from fuzz.addresses import addresses
from incidents import actions
from incidents.lifecycle import ReportKind
from incidents.models import (
    Attachment,
    Draft,
    FinalReport,
    FreezePeriod,
    OutsideReader,
    Policy,
    Report,
    ReviewerNote,
    TimelineRow,
    WallScreen,
)
from notifications.models import Delivery
from tests import factories
from tests.conftest import sign_in
from tests.incidents import finals
from tests.journeys import town as journeys
from tests.nafath_auth.night import nafath_down

#: In every word that the neighbours wrote; nobody else writes it.
MARK = "ZQXNEIGHBOURZQX"
PDF = b"%PDF-1.4\n%%EOF\n"


@dataclass
class Person:
    """Somebody who asks; `user` is None for who is not signed in."""

    name: str
    user: User | None
    is_tenant: bool
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    @property
    def role(self) -> str | None:
        return self.user.acting.role if self.user and self.user.acting else ("" if self.user else None)

    def come_in(self) -> None:
        """Signed in, proved by Nafath just now, whatever the last request did to the session."""
        if self.user is None:
            self.client.cookies.clear()
        elif not self.client.session.get("_auth_user_id"):
            sign_in(self.client, self.user)


@dataclass
class Town:
    """`theirs` are keys, references and codes of the neighbours' things."""

    people: list[Person]
    reports: list[Report]
    theirs: list[Any]
    numbers: list[str]
    values: dict[tuple[str, str], Any]


def built() -> Town:
    """A new one beside those there are: what earlier requests closed or gave away is whole again here."""
    FreezePeriod.objects.all().delete()  # they have names of their own
    _none_too_many()
    numbers: list[str] = []
    inner = _keeping_numbers(numbers)
    reports = [*inner.reports, *_more_reports(inner)]
    file = _attached(inner.reports[1], "a.pdf")
    inner.attachment, inner.delivery = file, _told(reports[0], inner.director)  # type: ignore[assignment]  # they were stand-ins
    stranger = factories.a_person(None)
    people = [
        Person("nobody", None, True),
        *(Person(role.lower(), user, role not in AUTHORITY_ROLES) for role, user in inner.people.items()),
        Person("no membership", stranger, True),
    ]
    nafath_down()
    return Town(people, reports, _neighbours(), numbers, _values_of(inner))


def _none_too_many() -> None:
    """Screens and addresses outside stand in a limited number: those of the towns before make room."""
    now, why = timezone.now(), OutsideReader.Why.REMOVED
    WallScreen.objects.standing().update(revoked_at=now)
    OutsideReader.objects.standing().update(ended_at=now, ended_why=why)


def _keeping_numbers(numbers: list[str]) -> journeys.Town:
    """The town of the journeys; the national IDs of its people are kept aside, to be looked for."""
    make = factories.valid_id

    def kept(*args: Any, **more: Any) -> str:
        numbers.append(make(*args, **more))
        return numbers[-1]

    factories.valid_id = kept
    try:
        return journeys.built(minutes=90 + Policy.objects.count())  # or it says what an earlier one says
    finally:
        factories.valid_id = make


def _more_reports(town: journeys.Town) -> list[Report]:
    """Where the journeys do not come: final reports written, sent, accepted; a window that runs, and one over."""
    by, now = town.director, timezone.now().replace(second=0, microsecond=0)
    made = []
    for step in ("written", "sent", "closed", "asked"):
        service = factories.a_service(entity=town.entity, tier=2, users_per_day=10)
        began = now - timedelta(hours=2)
        report = factories.a_report(
            by=by, service=service, started_at=began, detected_at=began, detection_source="beneficiaries",
            origin="supplier",
        )  # fmt: skip
        actions.restore(report, restored_at=now - timedelta(hours=1), by=by)
        if step == "asked":
            actions.ask_extension(report, days=5, note="بانتظار المورد", by=by)
        else:
            finals.written(report) if step == "written" else finals.submitted(report)
        if step == "closed":
            actions.move(Report.objects.get(pk=report.pk), "close", by=town.people["LEAD"])
        made.append(report)
    for over in (False, True):
        window = factories.a_report(
            ReportKind.MAINTENANCE, by=by, service=factories.a_service(entity=town.entity, tier=2),
            window_start=now - timedelta(minutes=50), window_end=now + timedelta(hours=2), is_emergency=True,
            emergency_reason="ثغرة",
        )  # fmt: skip
        actions.start_window(window, by=by)
        if over:
            actions.complete(window, outcome="success", by=by)
        made.append(window)
    return [Report.objects.get(pk=report.pk) for report in made]


def _attached(report: Report, name: str) -> Attachment:
    return Attachment.objects.create(
        report=report, name=name, file=ContentFile(PDF, "x.pdf"), content_type="application/pdf", size=len(PDF),
        sha256="0" * 64, added_by=report.filed_by,
    )  # fmt: skip


def _told(report: Report, person: User) -> Delivery:
    return Delivery.objects.create(
        event=report.events.first(), person=person, membership=person.acting, channel="in_app", state="sent"
    )


def _neighbours() -> list[Any]:
    """Another entity of which the town knows nothing; its words are marked, its names stand in the catalogue."""
    entity = factories.an_entity()
    director = factories.a_person(Role.DIRECTOR, entity=entity, name_ar=f"خالد {MARK}", name_en=f"Khalid {MARK}")
    service = factories.a_service(entity=entity)
    factories.a_team(entity)
    report = factories.a_report(by=director, service=service)
    actions.post_update(report, phase="identified", message=MARK, by=director)
    lead = factories.a_reviewer(Role.LEAD)
    actions.ask(report, text=MARK, by=lead)
    ReviewerNote.objects.create(report=report, author=lead, text=MARK)
    final = FinalReport.objects.create(report=report)
    TimelineRow.objects.create(final_report=final, at=timezone.now(), text=MARK)
    for row in (report, final):
        _mark(row)
    file = _attached(report, f"{MARK}.pdf")
    draft = Draft.objects.create(
        entity=entity, kind=ReportKind.OWN_OUTAGE, text={"summary": MARK}, started_by=director, last_writer=director
    )
    delivery = _told(report, director)
    assert director.acting is not None
    return [
        report.reference, report.pk, draft.key, service.pk, director.acting.pk, file.pk, delivery.pk, entity.code,
        entity.pk, director.pk, director.public_id, report.key, final.pk,
    ]  # fmt: skip


def _mark(row: models.Model) -> None:
    """Every free text of a row that no history answers for."""
    free = {
        each.name: MARK[: each.max_length]
        for each in row._meta.concrete_fields
        if isinstance(each, models.CharField | models.TextField)
        and not (each.choices or each.unique or each.remote_field or each.name in UNMARKED)
    }
    type(row)._default_manager.filter(pk=row.pk).update(**free)


#: Marks of the machine's, and codes that a constraint holds.
UNMARKED = {
    "reference", "fingerprint", "head_hash", "attested_transaction", "countersigned_transaction", "cause_l1",
    "cause_l2",
    "bcp_activated", "detection_source", "origin", "work_kind", "outcome", "risk_level", "suspected_cause",
}  # fmt: skip


def _values_of(inner: journeys.Town) -> dict[tuple[str, str], Any]:
    """What an argument of an address is when nobody bends it, even when the thing is gone meanwhile."""
    desk = {"object_id", "url", "app_label", "content_type_id"}
    return {
        (each.name, argument): (_of_the_desk if argument in desk else inner.foreign)(each.name, argument)
        for each in addresses()
        for argument in each.arguments
    }


def _of_the_desk(name: str, argument: str) -> Any:
    if argument == "app_label":
        return "incidents"
    if argument == "content_type_id":
        return 1
    app_model = name.removeprefix("admin:").removeprefix("/admin/").rstrip("/").replace("/", "_").rpartition("_<")[0]
    parts = (app_model or name.removeprefix("admin:").rpartition("_")[0]).rpartition("_")
    try:
        model = apps.get_model(parts[0], parts[2])
    except LookupError:
        return "nowhere"
    return model._default_manager.values_list("pk", flat=True).first() or 1
