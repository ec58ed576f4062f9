"""What the demo's data promises: a whole, believable, clearly fictional year."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from crisis_teams.models import CrisisTeam
from crisis_teams.readiness import readiness
from entities import national_id
from entities.models import AuditEvent, DigitalService, Entity, Membership, Notice, ServiceDependency, User
from incidents.lifecycle import ReportKind, Status
from incidents.models import AffectedService, Draft, FinalReport, Report, ReportEvent
from outage_portal.seed.afterwards import keep_up_to_date
from outage_portal.seed.people import read_personas
from outage_portal.seed.tales import _twisted
from outage_portal.seed.telling import Teller
from tests.outage_portal.conftest import REPORTS, Told
from tests.web_role import guards_lifted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("told")]


def rows() -> Counter[str]:
    models = (
        Entity,
        DigitalService,
        ServiceDependency,
        User,
        Membership,
        CrisisTeam,
        Report,
        ReportEvent,
        AuditEvent,
        Draft,
    )
    return Counter({model.__name__: model._default_manager.count() for model in models})


def test_every_status_and_every_kind_is_there(told: Told) -> None:
    assert told.filed == Report.objects.count() == REPORTS
    assert set(Report.objects.values_list("status", flat=True)) == set(Status.values)
    assert set(Report.objects.values_list("kind", flat=True)) == set(ReportKind.values)


def test_a_report_that_is_given_on_goes_to_somebody_else(told: Told) -> None:
    teller = Teller.at(told.now)
    report = Report.objects.filter(status=Status.ACTIVE, kind=ReportKind.OWN_OUTAGE).earliest("pk")
    for chance in range(12):
        before = Report.objects.get(pk=report.pk).reviewer
        tale = _twisted(teller.for_tale(str(chance)), report, "assigned", at=told.now)
        next(tale)
        with pytest.raises(StopIteration):
            tale.send(told.now)
        assert Report.objects.get(pk=report.pk).reviewer not in (None, before)


def test_every_chain_is_whole() -> None:
    call_command("verify_history")


def test_nothing_happens_to_a_real_entity() -> None:
    assert not Report.objects.exclude(entity__is_fictional=True).exists()
    assert not Report.objects.exclude(main_service__entity__is_fictional=True).exists()
    assert not AffectedService.objects.exclude(service__entity__is_fictional=True).exists()
    assert not Entity.objects.filter(is_fictional=True).exclude(name_ar__startswith="الجهة النموذجية").exists()


def test_the_real_catalogue_stands_in_the_pickers() -> None:
    real = DigitalService.objects.active().filter(entity__is_fictional=False)
    assert real.count() == 112
    assert real.matching("ناجز").get().entity.code == "moj"
    assert all(service.channels and service.beneficiaries for service in real)
    assert ServiceDependency.objects.filter(consumer__in=real, provider__in=real).count() == 138


def test_no_real_service_relies_on_a_fictional_one() -> None:
    mixed = ServiceDependency.objects.exclude(consumer__entity__is_fictional=True).filter(
        provider__entity__is_fictional=True
    )
    assert not mixed.exists()


@pytest.mark.parametrize("hours", [0, 5])
def test_a_second_run_within_six_hours_adds_nothing(told: Told, hours: int) -> None:
    before = rows()
    keep_up_to_date(now=told.now + timedelta(hours=hours), reports=REPORTS)
    assert rows() == before


def test_the_same_moment_tells_the_same_year(told: Told) -> None:
    def year() -> list[tuple[object, ...]]:
        columns = ("reference", "kind", "status", "severity", "summary", "submitted_at", "restored_at", "event_count")
        return list(Report.objects.order_by("pk").values_list(*columns))

    first, users = year(), User.objects.count()
    Draft.objects.all().delete()
    with transaction.atomic():
        with guards_lifted():
            _forget_reports()
        keep_up_to_date(now=told.now, reports=REPORTS)
        assert year() == first
        assert User.objects.count() == users
        transaction.set_rollback(True)


def _forget_reports() -> None:
    from incidents.models import (
        Attachment,
        CallTask,
        Clock,
        Incident,
        IncidentReport,
        ReferenceCounter,
        ReviewerNote,
        SilentOutage,
        SituationReport,
    )

    Report.objects.update(incident=None)
    for model in (IncidentReport, SituationReport, Incident):
        model._default_manager.all().delete()
    ReportEvent.objects.all().delete()
    for model in (
        CallTask,
        SilentOutage,
        Clock,
        ReviewerNote,
        Attachment,
        FinalReport,
        AffectedService,
        ReferenceCounter,
    ):
        model._default_manager.all().delete()
    Report.objects.exclude(merged_into=None).delete()
    Report.objects.update(related=None)
    Report.objects.all().delete()


def test_production_refuses_demo_data(settings: object) -> None:
    settings.PRODUCTION = True  # type: ignore[attr-defined]
    with pytest.raises(CommandError):
        call_command("seed_demo")


# --- Histories ------------------------------------------------------------------------------------------


def test_references_follow_the_order_of_filing() -> None:
    for kind in ReportKind.values:
        filed = Report.objects.filter(kind=kind).order_by("pk").values_list("submitted_at", "reference")
        assert list(filed) == sorted(filed)


def test_events_are_recorded_when_they_happened_and_tell_nobody(told: Told) -> None:
    for event in ReportEvent.objects.all():
        assert event.recorded_at == event.at == event.fanned_out_at
        assert event.at <= told.now
    assert not Notice.objects.not_fanned_out().exists()


def test_each_history_runs_forward() -> None:
    for report in Report.objects.all():
        moments = list(report.events.order_by("seq").values_list("at", flat=True))
        assert moments == sorted(moments)


def test_no_place_in_the_words_stays_empty() -> None:
    texts = [event.data for event in ReportEvent.objects.all()]
    columns = ("summary", "title", "reason", "rollback_plan", "beneficiaries_notice", "workaround")
    texts += list(Report.objects.values(*columns))
    texts += list(
        FinalReport.objects.values("executive_summary", "root_cause", "resolution", "lessons", "direct_cause")
    )
    assert not [text for text in texts if re.search(r"\{[a-z]+\}", " ".join(map(str, text.values())))]


def test_final_reports_are_whole() -> None:
    for final in FinalReport.objects.filter(report__kind=ReportKind.OWN_OUTAGE, report__status=Status.CLOSED):
        assert len(final.executive_summary) >= 60 and len(final.root_cause) >= 60
        assert final.actions.count() >= 2 and final.timeline.count() >= 4
        times = [final.started_at, final.detected_at, final.responded_at, final.mitigated_at, final.restored_at]
        assert times == sorted(times)


# --- People and teams -------------------------------------------------------------------------------------


def test_people_are_known_by_digest_alone() -> None:
    numbers = {persona["national_id"] for persona in read_personas() if persona["state"] != "not_registered"}
    assert User.objects.count() == len(numbers)
    for number in numbers:
        person = User.objects.known_as(national_id.digests(number)).get()
        assert person.national_id_last4 == number[-4:]
    assert not User.objects.filter(national_id_digest__in=numbers).exists()


def test_refused_cards_have_nothing_to_enter_by() -> None:
    for persona in read_personas():
        usable = Membership.objects.usable().filter(
            user__in=User.objects.known_as(national_id.digests(persona["national_id"]))
        )
        assert usable.exists() == (persona["state"] == "ok"), persona["name_en"]


def test_teams_are_ready_about_to_expire_or_missing() -> None:
    states = {code: readiness(Entity.objects.get(code=code)) for code in ("demo-a", "demo-b", "demo-d", "demo-g")}
    assert states["demo-b"].is_ready and not states["demo-b"].confirm_soon
    assert states["demo-a"].is_ready and states["demo-a"].days_to_confirm == 12
    assert states["demo-g"].confirm_soon
    assert states["demo-d"].team is None and not states["demo-d"].is_active


def test_an_unsent_draft_waits_for_its_writer(told: Told) -> None:
    draft = Draft.objects.get()
    assert draft.last_writer.name_en == "Mona Al-Shehri"
    assert timezone.now() - draft.updated_at >= timedelta(minutes=6)
    assert draft.service is not None and draft.text["services"] == [str(draft.service.pk)]
