"""Mails to addresses outside the portal: one question, then figures alone, once each, patiently, until their end."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from entities.models import Notice, User
from entities.permissions import Role
from incidents import actions as incidents
from incidents.models import Incident, OutsideReader, SituationReport
from notifications import actions, channels
from notifications.addresses import LAST
from notifications.channels import ChannelAway, ChannelRefused
from notifications.figures import figures
from notifications.models import Channel, Delivery, State
from notifications.tasks import deliver_due
from tests.factories import a_person, a_report, a_reviewer, a_service, an_entity
from tests.notifications.conftest import fan_out, send_all

pytestmark = pytest.mark.django_db
ADDRESS = "ops@example.sa"
#: Whatever is typed, or names somebody: none of it leaves the house.
TYPED = "كناري-canary"


@pytest.fixture
def lead() -> User:
    return a_reviewer(Role.LEAD)


@pytest.fixture
def reader(lead: User) -> OutsideReader:
    """On the list; its owner has not answered."""
    return added(lead)


def added(lead: User, address: str = ADDRESS, **more: Any) -> OutsideReader:
    typed = {"office": f"غرفة {TYPED}", "language": "both", "sectors": (), **more}
    return incidents.add_outside_reader(address=address, by=lead, **typed)


def confirmed(reader: OutsideReader) -> OutsideReader:
    assert incidents.confirm_outside_reader(reader.pk)
    reader.refresh_from_db()
    return reader


def an_incident(lead: User) -> Incident:
    """Over two entities' reports, one of which is restored; all that can be typed is marked."""
    reports = []
    for tier in (0, 1):
        entity = an_entity(name_ar=f"جهة {TYPED}", name_en=f"Entity {TYPED}")
        service = a_service(entity=entity, tier=tier, name_ar=f"خدمة {TYPED}", name_en=f"Service {TYPED}")
        director = a_person(Role.DIRECTOR, entity=entity)
        reports.append(a_report(by=director, service=service, summary=f"تعطل {TYPED}"))
    incident = incidents.open_incident(reports, name_ar=TYPED, name_en=TYPED, by=lead)
    incidents.restore(reports[1], restored_at=timezone.now(), by=director)
    return incident


def sent(incident: Incident, *, by: User) -> SituationReport:
    draft = incidents.prepare_situation(incident, by=by)
    incidents.send_situation(draft, text_ar=f"نص {TYPED}", text_en=f"Text {TYPED}", by=by)
    return draft


def to(address: str = ADDRESS) -> list[Any]:
    return [each for each in mail.outbox if each.to == [address]]


def said(message: Any) -> list[str]:
    """The text and the HTML, and the headers."""
    return [message.body, str(message.alternatives[0][0]), str(message.message())]


# --- The question ---------------------------------------------------------------------------------------------------


def test_nothing_but_one_question_is_sent_before_its_owner_has_answered(lead: User, reader: OutsideReader) -> None:
    incident = an_incident(lead)
    incidents.choose_readers(incident, people=[lead.acting], by=lead)  # type: ignore[list-item]
    sent(incident, by=lead)
    for _tick in range(3):
        send_all()
    [question] = to()
    assert "May situation reports be mailed" in question.body and "هل" in question.body
    assert incident.reference not in question.body


def test_the_link_of_the_question_confirms_and_then_the_figures_come(lead: User, reader: OutsideReader) -> None:
    send_all()
    [question] = to()
    links = re.findall(r"http://localhost:8000(\S*/outside/confirm/\S+)", question.body)
    assert len(links) == 2 and all(link in str(question.alternatives[0][0]) for link in links)
    assert {link.startswith("/en/") for link in links} == {True, False}
    assert Client().post(links[0]).status_code == 200
    sent(an_incident(lead), by=lead)
    send_all()
    assert len(to()) == 2


def test_a_question_that_was_answered_or_ended_meanwhile_is_not_sent(lead: User, reader: OutsideReader) -> None:
    gone = added(lead, "gone@example.sa")
    fan_out()
    confirmed(reader)
    incidents.remove_outside_reader(gone, by=lead)
    deliver_due()
    assert mail.outbox == []
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.SUPERSEDED}


# --- The figures ----------------------------------------------------------------------------------------------------


def test_a_situation_report_is_mailed_as_figures_in_both_languages(lead: User, reader: OutsideReader) -> None:
    confirmed(reader)
    incident = an_incident(lead)
    sent(incident, by=lead)
    send_all()
    [message] = to()
    assert incident.reference in message.subject
    for line in ("Situation report no.: \u20681", "Entities affected: \u20682", "Services back: \u20681 of 2 (50%)"):
        assert line in message.body
    assert message.body.index("الجهات المتأثرة") < message.body.index("Entities affected"), "Arabic first"
    page = str(message.alternatives[0][0])
    assert '<html lang="ar" dir="rtl">' in page and '<div lang="en" dir="ltr">' in page


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("en", "ltr")])
def test_the_mail_is_in_the_language_of_the_address(lead: User, language: str, direction: str) -> None:
    confirmed(added(lead, language=language))
    sent(an_incident(lead), by=lead)
    send_all()
    page = str(to()[0].alternatives[0][0])
    assert f'<html lang="{language}" dir="{direction}">' in page
    assert page.count("<h1>") == 1 and "<hr>" not in page
    assert ("Entities affected" in page) == (language == "en")


def test_no_typed_word_and_no_name_leaves_the_house(lead: User, reader: OutsideReader) -> None:
    fan_out()
    deliver_due()
    confirmed(reader)
    sent(an_incident(lead), by=lead)
    send_all()
    assert len(to()) == 2
    for message in to():
        for text in said(message):
            assert TYPED not in text
            assert lead.name_ar not in text and lead.name_en not in text


def test_every_mail_says_how_to_leave_to_people_and_to_programs(lead: User, reader: OutsideReader) -> None:
    send_all()
    confirmed(reader)
    sent(an_incident(lead), by=lead)
    send_all()
    for message in to():
        headers = message.message()
        link = str(headers["List-Unsubscribe"]).strip("<>")
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert link in message.body and link in str(message.alternatives[0][0])
        assert reader.address not in link and str(reader.pk) not in link
    program = Client(enforce_csrf_checks=True)
    assert (
        program.post(link.removeprefix("http://localhost:8000"), {"List-Unsubscribe": "One-Click"}).status_code == 200
    )
    reader.refresh_from_db()
    assert reader.ended_why == "left"


def test_the_figures_are_those_of_the_moment_of_sending(lead: User, reader: OutsideReader) -> None:
    confirmed(reader)
    incident = an_incident(lead)
    sent(incident, by=lead)
    for report in incident.grouped.all():
        if report.restored_at is None:
            by = a_person(Role.ALTERNATE, entity=report.entity)
            incidents.restore(report, restored_at=timezone.now(), by=by)
    send_all()
    assert "1 of 2 (50%)" in to()[0].body


# --- The way there --------------------------------------------------------------------------------------------------


def test_one_row_an_address_and_report_however_often_it_is_fanned_out(lead: User, reader: OutsideReader) -> None:
    confirmed(reader)
    confirmed(added(lead, "second@example.sa"))
    sent(an_incident(lead), by=lead)
    for _time in range(2):
        fan_out()
        Notice.objects.update(fanned_out_at=None)
    rows = Delivery.objects.filter(notice__kind=Notice.Kind.SITUATION_SENT, outside__isnull=False)
    assert rows.count() == 2
    for _tick in range(2):
        deliver_due()
    assert (len(to()), len(to("second@example.sa"))) == (1, 1)
    assert str(to()[0].message()["Message-ID"]) == f"<{rows.get(outside=reader).pk}@localhost>"
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.create(notice=rows[0].notice, outside=reader, channel=Channel.EMAIL)


def test_a_delivery_is_to_a_person_or_to_an_address_outside(lead: User, reader: OutsideReader) -> None:
    notice = Notice.objects.get()
    for wrong in (
        {"outside": reader, "channel": "sms"},
        {"outside": reader, "person": lead, "membership": lead.acting, "channel": "email"},
        {"channel": "email"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Delivery.objects.create(notice=notice, **wrong)


def test_nothing_is_lost_while_mail_is_down(lead: User, reader: OutsideReader, monkeypatch: pytest.MonkeyPatch) -> None:
    confirmed(reader)
    incident = an_incident(lead)
    sent(incident, by=lead)
    fan_out()
    now = timezone.now()

    class Down:
        def send(self, message: Any) -> None:
            raise ChannelAway("smtp-away")

    with monkeypatch.context() as down:
        down.setattr(channels, "channel", lambda name: Down())
        deliver_due()
        assert Channel.EMAIL in actions.resting_channels(at=timezone.now())
        waiting = Delivery.objects.get(outside=reader, state=State.PENDING)
        with pytest.raises(ChannelAway):
            actions.deliver(waiting.pk, at=now + timedelta(hours=1))
    waiting.refresh_from_db()
    assert (waiting.state, waiting.last_error, waiting.attempts) == (State.PENDING, "smtp-away", 0)
    [oldest] = [
        each for each in figures(at=now + timedelta(minutes=20))
        if each.name == "portal_oldest_delivery_seconds" and each.tags == {"channel": "email"}
    ]  # fmt: skip
    assert oldest.is_bad
    assert actions.deliver(waiting.pk, at=now + timedelta(hours=3)) == State.SENT
    assert len(to()) == 1


def test_what_waits_for_an_address_that_left_is_not_sent(lead: User, reader: OutsideReader) -> None:
    confirmed(reader)
    sent(an_incident(lead), by=lead)
    fan_out()
    incidents.leave_outside_list(reader.pk)
    deliver_due()
    assert to() == []


def test_many_at_once_are_not_folded(lead: User, reader: OutsideReader) -> None:
    """An operations room reads of each incident for itself: there is no inbox to find the rest in."""
    confirmed(reader)
    incident = an_incident(lead)
    for _n in range(7):
        sent(incident, by=lead)
    send_all()
    assert len(to()) == 7


# --- Addresses that do not work -------------------------------------------------------------------------------------


def refuse(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    class Refusing:
        def send(self, message: Any) -> None:
            raise ChannelRefused(code)

    monkeypatch.setattr(channels, "channel", lambda name: Refusing())


def test_an_address_that_is_refused_three_times_in_a_row_is_written_to_no_more(
    lead: User, reader: OutsideReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed(reader)
    incident = an_incident(lead)
    refuse(monkeypatch, "smtp-550")
    for time in range(1, LAST + 1):
        sent(incident, by=lead)
        send_all()
        reader.refresh_from_db()
        assert reader.ended_why == ("refused" if time == LAST else "")


def test_what_the_server_says_of_itself_ends_nothing(
    lead: User, reader: OutsideReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed(reader)
    incident = an_incident(lead)
    refuse(monkeypatch, "smtp-away")
    for _time in range(LAST + 1):
        sent(incident, by=lead)
        send_all()
    reader.refresh_from_db()
    assert (reader.ended_at, reader.refused_at) == (None, None)


def test_a_question_that_was_refused_is_said_on_the_list(
    lead: User, reader: OutsideReader, monkeypatch: pytest.MonkeyPatch, client_of: Any
) -> None:
    refuse(monkeypatch, "smtp-550")
    send_all()
    page = client_of(lead).get("/en/incidents/outside/").content.decode()
    assert "The mail server refused the question" in page


# --- Beside people --------------------------------------------------------------------------------------------------


def test_people_on_the_list_are_told_as_before(lead: User, reader: OutsideReader) -> None:
    confirmed(reader)
    incident = an_incident(lead)
    incidents.choose_readers(incident, people=[lead.acting], by=lead)  # type: ignore[list-item]
    sent(incident, by=lead)
    send_all()
    hers = Delivery.objects.filter(person=lead, notice__kind=Notice.Kind.SITUATION_SENT)
    assert set(hers.values_list("channel", flat=True)) == {Channel.IN_APP, Channel.EMAIL}
    assert len(to()) == 1


def test_a_report_sent_before_there_were_addresses_is_mailed_to_none(lead: User, reader: OutsideReader) -> None:
    confirmed(reader)
    draft = incidents.prepare_situation(an_incident(lead), by=lead)
    incidents.send_situation(draft, text_ar="أ", text_en="a", by=lead)
    told = Notice.objects.get(kind=Notice.Kind.SITUATION_SENT)
    del told.data["figures"]
    told.save()
    send_all()
    assert to() == []
