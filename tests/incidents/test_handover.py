"""The handover note: written from the board, in both languages, edited for a day, kept at the roster."""

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
from incidents.errors import DutyRefused
from incidents.handover import NAMED
from incidents.lifecycle import Lane, Status
from incidents.models import HandoverNote
from tests.factories import a_person, a_report, a_reviewer, a_shift
from tests.incidents.boards import many, place

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return a_reviewer()


def test_a_note_tells_what_is_late_owed_soon_and_what_changed(person: User) -> None:
    now = timezone.now()
    a_shift(person, hours=(-3, 5))
    late = place(a_report(), next_due_at=now - timedelta(minutes=5))
    soon = place(a_report(), next_due_at=now + timedelta(hours=3))
    later = place(a_report(), next_due_at=now + timedelta(hours=5))
    ended = place(a_report(), lane=Lane.ENDED, status=Status.CLOSED, next_due_at=now - timedelta(days=1))
    actions.acknowledge(soon, by=a_reviewer())
    place(soon, next_due_at=now + timedelta(hours=3))
    note = actions.draw_up_note(by=person)
    _head, late_part, soon_part, *_rest, changed = note.text_en.split("\n\n")
    assert late_part.startswith("Late: 1\n") and late.reference in late_part
    assert soon_part.startswith("Owed within 4 hours: 1\n") and soon.reference in soon_part
    assert changed == "In this shift: 2\n– 4 reports filed\n– 1 acknowledged"
    for absent in (later.reference, ended.reference, person.name_en):
        assert absent not in note.text_en
    assert late.main_service.name_en in note.text_en and late.main_service.name_ar in note.text_ar


def test_a_long_board_is_counted_beyond_the_first_lines(person: User) -> None:
    many(NAMED + 30)
    note = actions.draw_up_note(by=person)
    assert "more" in note.text_en
    assert len(note.text_ar) < 8000 and len(note.text_en) < 8000


def test_drawn_up_twice_it_is_one_note_until_somebody_has_edited_it(person: User) -> None:
    first = actions.draw_up_note(by=person)
    again = actions.draw_up_note(by=person)
    assert again.pk == first.pk
    actions.edit_note(first, text_ar="نص", text_en="text", by=person)
    assert actions.draw_up_note(by=person).pk != first.pk


def test_it_is_edited_by_its_author_or_a_lead_for_a_day(person: User) -> None:
    note = actions.draw_up_note(by=person)
    for somebody in (a_reviewer(), a_person(Role.AUDITOR)):
        with pytest.raises(DutyRefused):
            actions.edit_note(note, text_ar="x", text_en="x", by=somebody)
    actions.edit_note(note, text_ar="أ", text_en="a", by=a_reviewer(Role.LEAD))
    HandoverNote.objects.update(at=timezone.now() - timedelta(hours=25))
    with pytest.raises(DutyRefused):
        actions.edit_note(note, text_ar="x", text_en="x", by=person)
    with pytest.raises(DutyRefused):
        actions.draw_up_note(by=a_person(Role.ADMIN))


def test_it_is_read_in_the_readers_language_and_stands_at_the_roster(
    browser: Client, person: User, client_of: Callable[[User], Client]
) -> None:
    response = browser.post(reverse("handover_new"))
    note = HandoverNote.objects.get()
    page = reverse("handover_note", args=[note.pk])
    assert response["Location"] == page
    assert "data-print" in browser.get(page).content.decode()
    browser.post(page, {"text_ar": "سلّمنا الوردية", "text_en": "Handed over"})
    reader = client_of(a_person(Role.AUDITOR))
    assert "سلّمنا الوردية" in reader.get(page).content.decode()
    english = reader.get(f"/en{page}").content.decode()
    assert "Handed over" in english and "سلّمنا" not in english and "<textarea" not in english
    assert page in reader.get(reverse("duty_roster")).content.decode()
    assert browser.post(page, {"text_ar": "", "text_en": "x"}).status_code == 422


def test_what_was_typed_too_late_is_given_back(client_of: Callable[[User], Client], person: User) -> None:
    note = actions.draw_up_note(by=person)
    HandoverNote.objects.filter(pk=note.pk).update(at=timezone.now() - timedelta(days=2))
    sent = {"text_ar": "لم يصل رد", "text_en": "No answer came"}
    answer = client_of(person).post(reverse("handover_note", args=[note.pk]), sent)
    assert answer.status_code == 409
    assert all(text in answer.content.decode() for text in sent.values())


def test_an_entity_reads_no_note(client_of: Callable[[User], Client], person: User) -> None:
    note = actions.draw_up_note(by=person)
    director = a_person()
    assert client_of(director).get(reverse("handover_note", args=[note.pk])).status_code == 403
    assert not HandoverNote.objects.visible_to(director).exists()
