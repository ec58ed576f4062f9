"""Two reports of one entity about one outage become one, and can be parted again for a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.errors import MoveRefused
from incidents.lifecycle import ClockKind, ReportKind, Status
from incidents.models import Attachment, Report
from tests.factories import a_person, a_report, a_reviewer, a_service
from tests.incidents.pages import get, offered, queries, send, text_of, upload

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


@pytest.fixture
def director() -> User:
    return a_person(Role.DIRECTOR)


@pytest.fixture
def pair(director: User) -> tuple[Report, Report]:
    """What was filed twice: the one that goes in, and the one that goes on."""
    return a_report(by=director), a_report(by=director)


def running(report: Report) -> dict[str, object]:
    return {clock.kind: clock.due_at for clock in report.clocks.running()}


def test_a_merged_report_ends_and_names_the_other(pair: tuple[Report, Report]) -> None:
    twice, stays = pair
    actions.merge(twice, into=stays, note="بلاغ مكرر", by=a_reviewer())
    twice.refresh_from_db()
    stays.refresh_from_db()
    assert (twice.status, twice.merged_into, running(twice)) == (Status.MERGED, stays, {})
    assert set(running(stays)) == {ClockKind.C2, ClockKind.C3}
    told = stays.events.last()
    assert told is not None and told.data["folded"] == twice.reference


def test_an_undone_merge_gives_every_clock_its_own_due_moment_back(pair: tuple[Report, Report]) -> None:
    twice, stays = pair
    before, reviewer = running(twice), a_reviewer()
    actions.merge(twice, into=stays, by=reviewer)
    actions.undo_merge(twice, by=reviewer)
    twice.refresh_from_db()
    assert (twice.status, twice.merged_into, twice.merged_at) == (Status.SUBMITTED, None, None)
    assert running(twice) == before
    assert twice.next_due_at == min(clock.due_at for clock in twice.clocks.running())


def test_what_was_acknowledged_is_followed_again_after_the_undo(pair: tuple[Report, Report]) -> None:
    twice, stays = pair
    reviewer = a_reviewer()
    actions.acknowledge(twice, by=reviewer)
    actions.merge(twice, into=stays, by=reviewer)
    actions.undo_merge(twice, by=reviewer)
    twice.refresh_from_db()
    assert (twice.status, set(running(twice))) == (Status.ACTIVE, {ClockKind.C3})


def test_a_merge_is_final_after_a_day(pair: tuple[Report, Report]) -> None:
    twice, stays = pair
    actions.merge(twice, into=stays, by=a_reviewer())
    Report.objects.filter(pk=twice.pk).update(merged_at=timezone.now() - timedelta(hours=25))
    with pytest.raises(MoveRefused):
        actions.undo_merge(twice, by=a_reviewer())


def test_only_open_reports_of_one_entity_and_kind_are_merged(director: User, pair: tuple[Report, Report]) -> None:
    twice, stays = pair
    reviewer = a_reviewer()
    actions.move(stays, "dismiss", note="خارج النطاق", by=reviewer)
    others = [twice, stays, a_report(), a_report(ReportKind.CONSUMED_OUTAGE, by=director)]
    for other in others:
        with pytest.raises(MoveRefused):
            actions.merge(twice, into=other, by=reviewer)
    twice.refresh_from_db()
    assert (twice.status, twice.event_count) == (Status.SUBMITTED, 1)


def test_reports_about_two_providers_are_not_merged(director: User, client_of: ClientOf) -> None:
    first, other = (a_report(ReportKind.CONSUMED_OUTAGE, by=director, provider=a_service()) for _n in range(2))
    with pytest.raises(MoveRefused):
        actions.merge(first, into=other, by=a_reviewer())
    assert not offered(client_of(a_reviewer()), first, "merge")
    again = a_report(ReportKind.CONSUMED_OUTAGE, by=director, provider=first.provider_service)
    actions.merge(again, into=first, by=a_reviewer())
    again.refresh_from_db()
    assert again.status == Status.MERGED


def test_a_report_that_took_others_in_is_not_merged_itself(director: User, pair: tuple[Report, Report]) -> None:
    twice, stays = pair
    actions.merge(twice, into=stays, by=a_reviewer())
    with pytest.raises(MoveRefused):
        actions.merge(stays, into=a_report(by=director), by=a_reviewer())


def test_its_files_are_read_with_the_other_report_and_go_back(
    director: User, pair: tuple[Report, Report], client_of: ClientOf
) -> None:
    twice, stays = pair
    reviewer = a_reviewer()
    actions.attach(twice, upload=upload("log.txt", b"down"), content_type="text/plain", by=director)
    actions.merge(twice, into=stays, by=reviewer)
    assert "log.txt" in text_of(get(client_of(director), stays))
    file = Attachment.objects.get()
    sent = client_of(director).get(reverse("attachment_download", args=[stays.reference, file.pk]))
    assert sent.getvalue() == b"down"
    actions.undo_merge(twice, by=reviewer)
    assert "log.txt" not in text_of(get(client_of(director), stays))


def test_the_page_offers_the_entitys_other_open_reports(pair: tuple[Report, Report], client_of: ClientOf) -> None:
    twice, stays = pair
    browser, alone = client_of(a_reviewer()), a_report()
    assert offered(browser, twice, "merge") and not offered(browser, alone, "merge")
    assert send(browser, twice, "report_merge", into=alone.reference).status_code == 422
    assert send(browser, twice, "report_merge", into=stays.reference).status_code == 302
    page = text_of(get(browser, twice))
    assert reverse("report_detail", args=[stays.reference]) in page
    assert twice.reference in text_of(get(browser, stays))
    assert send(browser, twice, "report_undo_merge").status_code == 302
    twice.refresh_from_db()
    assert twice.status == Status.SUBMITTED


def test_the_page_takes_as_many_queries_with_a_twin_as_the_bar_allows(
    pair: tuple[Report, Report], client_of: ClientOf
) -> None:
    for report in pair:
        assert queries(client_of(a_reviewer()), reverse("report_detail", args=[report.reference])) <= 12
