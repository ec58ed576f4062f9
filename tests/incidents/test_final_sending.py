"""Sending the final report: attested, signed where it must be, and by nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.errors import MoveRefused
from incidents.lifecycle import ReportKind, Status
from incidents.models import FinalReport
from tests.factories import a_person, a_report, a_reviewer, a_service
from tests.incidents.finals import (
    ROOT,
    SUMMARY,
    completed,
    deeds,
    filer_of,
    fill,
    leader_of,
    restored,
    rows,
    submit,
    submitted,
    url,
    whole_columns,
    written,
)
from tests.incidents.pages import get, messages_of, targets, text_of
from tests.signing import signs

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


# --- Sending ---------------------------------------------------------------------------------------------


def test_a_whole_report_is_attested_and_submitted(client_of: ClientOf) -> None:
    report = written(restored(tier=3))
    browser = client_of(filer_of(report))
    assert "Tick the attestation" in messages_of(submit(browser, report))
    assert submit(browser, report, attest="on").status_code == 302
    report.refresh_from_db()
    assert report.status == Status.FINAL_REVIEW
    final = FinalReport.objects.get()
    assert (final.attested_by, final.attested_at is not None) == (filer_of(report), True)
    assert report.clocks.running().filter(kind="C7").exists()


def test_a_report_with_gaps_is_not_submitted(client_of: ClientOf) -> None:
    report = written(restored(tier=3), lessons="")
    response = submit(client_of(filer_of(report)), report, attest="on")
    assert response.status_code == 422
    assert "Some answers are still missing" in messages_of(response)
    report.refresh_from_db()
    assert report.status == Status.RESTORED


def test_a_report_that_changed_since_the_check_is_read_again_first(client_of: ClientOf) -> None:
    report = written(restored(tier=3))
    seen = FinalReport.objects.get().version
    written(report)
    response = client_of(filer_of(report)).post(url(report, "check"), {"seen": seen, "attest": "on"})
    assert response.status_code == 409
    report.refresh_from_db()
    assert report.status == Status.RESTORED


def test_the_it_leader_signs_a_critical_one_first(client_of: ClientOf) -> None:
    report = written(restored(tier=0))
    director, leader = client_of(filer_of(report)), client_of(leader_of(report))
    assert submit(director, report, attest="on").status_code == 422
    assert url(report) in targets(get(leader, report))
    version = FinalReport.objects.get().version
    assert signs(leader, url(report, "sign"), {"seen": version}).status_code == 302
    assert submit(director, report, attest="on").status_code == 302


def test_a_change_takes_the_signature_away(client_of: ClientOf) -> None:
    report = written(restored(tier=0))
    actions.countersign(report, by=leader_of(report))
    fill(client_of(filer_of(report)), report, "summary", executive_summary=SUMMARY + " أُضيفت جملة.")
    assert FinalReport.objects.get().countersigned_at is None
    assert submit(client_of(filer_of(report)), report, attest="on").status_code == 422


def test_the_it_leader_signs_what_was_read_and_only_once_it_is_whole(client_of: ClientOf) -> None:
    report = written(restored(tier=0), lessons="")
    leader = client_of(leader_of(report))
    assert leader.post(url(report, "sign"), {"seen": FinalReport.objects.get().version}).status_code == 422
    written(report)
    stale = leader.post(url(report, "sign"), {"seen": FinalReport.objects.get().version - 1})
    assert stale.status_code == 409
    assert FinalReport.objects.get().countersigned_at is None


def test_nobody_but_the_entitys_own_it_leader_signs(client_of: ClientOf) -> None:
    report = written(restored(tier=0))
    for person in (filer_of(report), a_reviewer(), a_person(Role.HEAD_CONTACT, entity=report.entity)):
        assert client_of(person).post(url(report, "sign")).status_code == 403
    assert client_of(a_person(Role.IT_LEADER)).post(url(report, "sign")).status_code == 404
    with pytest.raises(MoveRefused):
        actions.countersign(report, by=a_person(Role.IT_LEADER))
    with pytest.raises(MoveRefused):
        actions.countersign(report, by=filer_of(report))


# --- Combined, and maintenance ---------------------------------------------------------------------------


def test_a_short_outage_is_restored_and_reported_at_once(client_of: ClientOf) -> None:
    service = a_service(tier=3, users_per_day=10)
    began = timezone.now() - timedelta(hours=2)
    report = a_report(by=a_person(entity=service.entity), service=service, started_at=began, detected_at=began)
    browser = client_of(filer_of(report))
    assert url(report) in targets(get(browser, report))
    written(report)
    assert submit(browser, report, attest="on").status_code == 302
    report.refresh_from_db()
    assert (report.status, report.phase) == (Status.FINAL_REVIEW, "restored")
    assert report.restored_at == FinalReport.objects.get().restored_at


@pytest.mark.parametrize("minutes", [-600, 600])
def test_a_combined_restoration_that_cannot_be_is_refused(client_of: ClientOf, minutes: int) -> None:
    service = a_service(tier=3, users_per_day=10)
    report = a_report(by=a_person(entity=service.entity), service=service)
    written(report)
    moment = timezone.now() + timedelta(minutes=minutes)
    with pytest.raises(MoveRefused):
        actions.submit_final(report, restored_at=moment, by=filer_of(report))
    report.refresh_from_db()
    assert report.status == Status.SUBMITTED


def test_a_clean_maintenance_has_two_sections(client_of: ClientOf) -> None:
    report = completed(tier=2)
    browser = client_of(filer_of(report))
    fill(browser, report, "summary", executive_summary=SUMMARY)
    response = fill(browser, report, "works", downtime_minutes="40", rollback_used="no", unexpected_effects="لا يوجد")
    assert response["Location"] == url(report, "check")
    assert submit(browser, report, attest="on").status_code == 302


def test_a_consumed_outage_has_no_final_report(client_of: ClientOf) -> None:
    report = a_report(ReportKind.CONSUMED_OUTAGE)
    assert client_of(filer_of(report)).get(url(report)).status_code == 404


# --- Who writes ------------------------------------------------------------------------------------------


def test_only_director_and_alternate_write_and_the_entity_reads_along(client_of: ClientOf) -> None:
    report = written(restored(tier=0))
    for role in (Role.MEMBER, Role.HEAD_CONTACT, Role.IT_LEADER):
        person = client_of(a_person(role, entity=report.entity))
        assert SUMMARY in text_of(person.get(url(report)))
        assert person.get(url(report, "summary")).status_code == 403


def test_the_authority_reads_it_once_it_is_sent(client_of: ClientOf) -> None:
    report = written(restored(tier=3))
    reviewer = client_of(a_reviewer())
    assert reviewer.get(url(report)).status_code == 404
    submitted(report)
    assert SUMMARY in text_of(reviewer.get(url(report)))


def test_a_sent_report_is_not_written_any_more(client_of: ClientOf) -> None:
    report = submitted(restored(tier=3))
    browser = client_of(filer_of(report))
    assert ROOT in text_of(browser.get(url(report)))
    assert browser.get(url(report, "summary")).status_code == 404
    with pytest.raises(MoveRefused):
        actions.save_final(report, columns=whole_columns(report), timeline=rows(), actions=deeds(), by=filer_of(report))
