"""Addresses outside the portal: kept by leads, confirmed and left by their owners, told of their sectors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities import row_security
from entities.models import AuditEvent, Notice, Sector, User
from entities.permissions import Role
from incidents import actions
from incidents.actions.outside import ASK_AFTER, MOST_ASKED
from incidents.errors import MoveRefused
from incidents.lifecycle import ReportKind
from incidents.models import Incident, OutsideReader
from incidents.outside import CONFIRM_WITHIN, LEAVE_WITHIN, confirm_address, leave_address, outside_readers_of
from tests.factories import a_person, a_report, a_reviewer, a_sector, a_service, an_entity
from tests.signing import is_asked, make_stale

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
SENT = {"address": "Ops@Example.sa", "office": "غرفة عمليات وزارة الصحة", "language": "ar"}
LIST = "outside_readers"


@pytest.fixture
def lead() -> User:
    return a_reviewer(Role.LEAD)


def an_address(lead: User, address: str = "ops@example.sa", *, sectors: tuple[Sector, ...] = (), **more: Any) -> Any:
    typed = {"office": "غرفة عمليات وزارة الصحة", "language": "both", **more}
    return actions.add_outside_reader(address=address, sectors=sectors, by=lead, **typed)


def confirmed(lead: User, address: str, **more: Any) -> OutsideReader:
    reader: OutsideReader = an_address(lead, address, **more)
    assert actions.confirm_outside_reader(reader.pk)
    return reader


def path_of(address: str) -> str:
    return address.removeprefix("http://localhost:8000")


def over(*reports: Any, by: User) -> Incident:
    return actions.open_incident(reports, name_ar="أ", name_en="a", by=by)


# --- The list that leads keep ---------------------------------------------------------------------------------------


def test_a_lead_adds_an_address_and_its_owner_is_asked(lead: User, client_of: ClientOf) -> None:
    browser, sector = client_of(lead), a_sector()
    answer = browser.post(reverse(LIST), {**SENT, "sectors": [sector.pk]})
    assert answer["Location"] == reverse(LIST)
    reader = OutsideReader.objects.get()
    assert (reader.address, reader.language, reader.added_by) == ("ops@example.sa", "ar", lead)
    assert list(reader.sectors.all()) == [sector]
    assert Notice.objects.get().data == {"outside": str(reader.pk)}
    page = browser.get(reverse(LIST)).content.decode()
    assert "ops@example.sa" in page and "غرفة عمليات وزارة الصحة" in page and sector.name_ar in page


def test_adding_asks_for_a_fresh_proof(lead: User, client_of: ClientOf) -> None:
    browser = client_of(lead)
    make_stale(browser)
    assert is_asked(browser.post(reverse(LIST), SENT))
    assert not OutsideReader.objects.exists()


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.AUDITOR, Role.ADMIN, Role.DIRECTOR])
def test_nobody_but_a_lead_keeps_the_list(lead: User, client_of: ClientOf, role: Role) -> None:
    reader, other = an_address(lead), a_person(role)
    browser = client_of(other)
    assert browser.get(reverse(LIST)).status_code == 403
    for deed in ("outside_ask", "outside_remove"):
        assert browser.post(reverse(deed, args=[reader.pk])).status_code == 403
    with pytest.raises(MoveRefused):
        an_address(other, "other@example.sa")
    with pytest.raises(MoveRefused):
        actions.remove_outside_reader(reader, by=other)


def test_a_session_that_nafath_did_not_open_adds_none(lead: User) -> None:
    assert lead.acting is not None
    lead.acting.by_break_glass = "BG-1"
    with pytest.raises(MoveRefused):
        an_address(lead)


def test_an_address_stands_once_however_it_is_written(lead: User, client_of: ClientOf) -> None:
    an_address(lead)
    answer = client_of(lead).post("/en" + reverse(LIST), SENT)
    assert answer.status_code == 422
    assert "stands on the list already" in answer.content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        OutsideReader.objects.create(address="ops@example.sa", office="x", added_by=lead)


def test_what_is_typed_wrong_is_said_and_stays(lead: User, client_of: ClientOf) -> None:
    answer = client_of(lead).post("/en" + reverse(LIST), {**SENT, "address": "ops at example", "office": "مكتب"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "such as ops@example.sa" in page and "ops at example" in page and "مكتب" in page
    assert page.count("There is a problem") == 1


def test_the_owner_is_asked_again_later_and_not_for_ever(lead: User) -> None:
    reader, now = an_address(lead), timezone.now()
    with pytest.raises(MoveRefused):
        actions.ask_outside_reader(reader, at=now, by=lead)
    for times in range(1, MOST_ASKED):
        actions.ask_outside_reader(reader, at=now + times * 2 * ASK_AFTER, by=lead)
    later = now + timedelta(days=1)
    with pytest.raises(MoveRefused):
        actions.ask_outside_reader(reader, at=later, by=lead)
    actions.remove_outside_reader(reader, by=lead)
    with pytest.raises(MoveRefused):
        an_address(lead, at=later)
    assert Notice.objects.filter(kind=Notice.Kind.OUTSIDE_ASKED).count() == MOST_ASKED


def test_taking_it_out_and_writing_it_down_again_asks_no_sooner(lead: User) -> None:
    actions.remove_outside_reader(an_address(lead), by=lead)
    with pytest.raises(MoveRefused):
        an_address(lead)
    an_address(lead, at=timezone.now() + 2 * ASK_AFTER)
    assert OutsideReader.objects.count() == 2


def test_from_the_page_it_is_asked_once_more_and_removed(lead: User, client_of: ClientOf) -> None:
    reader, browser = an_address(lead), client_of(lead)
    OutsideReader.objects.update(asked_at=timezone.now() - 2 * ASK_AFTER)
    browser.post(reverse("outside_ask", args=[reader.pk]))
    reader.refresh_from_db()
    assert reader.asked == 2
    for _press in range(2):
        browser.post(reverse("outside_remove", args=[reader.pk]))
    reader.refresh_from_db()
    assert (reader.ended_why, reader.ended_at is not None) == ("removed", True)
    page = browser.get("/en" + reverse(LIST)).content.decode()
    assert "Removed by a lead" in page


def test_the_log_tells_of_every_step_and_holds_no_address(lead: User) -> None:
    reader = confirmed(lead, "ops@example.sa")
    actions.leave_outside_list(reader.pk)
    lines = AuditEvent.objects.filter(data__model="outsidereader").order_by("seq")
    assert [(line.data["done"], line.person) for line in lines] == [
        ("asked", lead.public_id), ("confirmed", None), ("left", None),
    ]  # fmt: skip
    assert not any("example" in str(line.data) for line in lines)


# --- Its owner ------------------------------------------------------------------------------------------------------


def test_looking_at_the_link_changes_nothing_and_names_nobody(lead: User, client: Client) -> None:
    reader = an_address(lead)
    for address in (confirm_address(reader), leave_address(reader)):
        for language in ("", "/en"):
            answer = client.get(language + path_of(address))
            assert answer.status_code == 200
            page = answer.content.decode()
            for word in (reader.address, reader.office, lead.name_ar, str(reader.pk)):
                assert word not in page
    reader.refresh_from_db()
    assert (reader.confirmed_at, reader.ended_at) == (None, None)


def test_one_press_confirms_without_a_session_and_another_changes_nothing(lead: User) -> None:
    reader, program = an_address(lead), Client(enforce_csrf_checks=True)
    assert program.post(path_of(confirm_address(reader))).status_code == 200
    reader.refresh_from_db()
    first = reader.confirmed_at
    assert first is not None
    assert program.post(path_of(confirm_address(reader))).status_code == 200
    reader.refresh_from_db()
    assert reader.confirmed_at == first


def test_one_press_leaves_as_mail_programs_press(lead: User) -> None:
    reader, program = confirmed(lead, "ops@example.sa"), Client(enforce_csrf_checks=True)
    for _press in range(2):
        answer = program.post(path_of(leave_address(reader)), {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    reader.refresh_from_db()
    assert reader.ended_why == "left"
    assert program.post(path_of(confirm_address(reader))).status_code == 404, "an old link brings nobody back"
    link = path_of(leave_address(reader))
    reader.delete()
    assert program.post(link).status_code == 200, "what is gone is left"


@pytest.mark.parametrize("wrong", ["x", "forged", "of the other link", "no key", "no text"])
def test_a_token_that_is_not_ours_opens_nothing(lead: User, client: Client, wrong: str) -> None:
    reader = an_address(lead)
    good = confirm_address(reader).rstrip("/").rpartition("/")[2]
    token = {
        "x": "x",
        "forged": good[:-2] + ("aa" if good[-2:] != "aa" else "bb"),
        "of the other link": leave_address(reader).rstrip("/").rpartition("/")[2],
        "no key": signing.dumps("0", salt="incidents.outside.confirm"),
        "no text": signing.dumps([1], salt="incidents.outside.confirm"),
    }[wrong]
    for method in (client.get, client.post):
        assert method(reverse("outside_confirm", args=[token])).status_code == 404
    reader.refresh_from_db()
    assert reader.confirmed_at is None


def test_the_links_end(lead: User, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, now = an_address(lead), timezone.now().timestamp()
    for address, within in ((confirm_address(reader), CONFIRM_WITHIN), (leave_address(reader), LEAVE_WITHIN)):
        for later, status in ((-60, 200), (60, 404)):
            moment = now + within.total_seconds() + later
            monkeypatch.setattr("django.core.signing.time.time", lambda moment=moment: moment)
            assert client.get(path_of(address)).status_code == status


# --- Of which incidents it is told ----------------------------------------------------------------------------------


def test_an_address_is_told_of_its_sectors_or_of_all(lead: User) -> None:
    health, finance, justice = (a_sector(code) for code in ("health", "finance", "justice"))
    every = confirmed(lead, "every@example.sa")
    reports = confirmed(lead, "reports@example.sa", sectors=(health, justice))
    owns = confirmed(lead, "owns@example.sa", sectors=(finance,))
    confirmed(lead, "elsewhere@example.sa", sectors=(justice,))
    an_address(lead, "silent@example.sa")
    actions.leave_outside_list(confirmed(lead, "left@example.sa").pk)
    consumer = a_person(entity=an_entity(sector=health))
    provider = a_service(entity=an_entity(sector=finance))
    incident = over(a_report(ReportKind.CONSUMED_OUTAGE, by=consumer, provider=provider), by=lead)
    assert set(outside_readers_of(incident)) == {every, reports, owns}


def test_the_situation_reports_page_says_to_how_many_addresses_it_goes(lead: User, client_of: ClientOf) -> None:
    incident, browser = over(a_report(), by=lead), client_of(lead)
    draft = actions.prepare_situation(incident, by=lead)
    url = "/en" + reverse("incident_situation", args=[incident.reference, draft.number])
    assert 'name="send"' not in browser.get(url).content.decode(), "nobody reads it yet"
    confirmed(lead, "ops@example.sa")
    page = browser.get(url).content.decode()
    assert "mailed to 1 address outside" in page and 'name="send"' in page and reverse(LIST) in page
    answer = browser.post(url, {"text_ar": "أ", "text_en": "a", "send": "yes"}, follow=True)
    assert "Its figures go to 1 address." in answer.content.decode()


# --- The second lock ------------------------------------------------------------------------------------------------


@pytest.mark.wide
def test_postgresql_shows_the_list_to_the_authority_and_lets_leads_write_it(lead: User) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("row-level security is PostgreSQL's")
    reviewer, director = a_reviewer(), a_person(Role.DIRECTOR)
    with row_security.acting_as(lead):
        reader = an_address(lead)
        assert OutsideReader.objects.count() == 1
    with row_security.acting_as(reviewer):
        assert (OutsideReader.objects.count(), OutsideReader.objects.update(office="x")) == (1, 0)
    with row_security.acting_as(director):
        assert OutsideReader.objects.count() == 0
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            OutsideReader.objects.create(address="x@example.sa", office="x", added_by=director)
    with row_security.acting_as(None):  # its owner has no session
        assert actions.confirm_outside_reader(reader.pk)
        actions.leave_outside_list(reader.pk)
    reader.refresh_from_db()
    assert (reader.confirmed_at is not None, reader.ended_why) == (True, "left")
