"""The forms of the kinds: what is asked, what is refused and in which words, and what reaches the action."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone, translation

from entities.models import DigitalService
from incidents import choices
from incidents.forms.doors import DOORS, FIRST_QUESTION
from incidents.forms.filing import FilingForm
from incidents.forms.moments import chip_value
from incidents.models import Choice
from tests.factories import a_service, valid_id
from tests.incidents.typed import in_days, minimal

pytestmark = pytest.mark.django_db
PROVIDER = {"because-of-another", "consumed-outage"}


def form_of(slug: str, *, service: DigitalService | None = None, **more: Any) -> FilingForm:
    service = service or a_service()
    said = minimal(slug, service=service, provider=a_service() if slug in PROVIDER else None, **more)
    data = QueryDict(mutable=True)
    for name, value in said.items():
        data.setlist(name, [str(v) for v in value] if isinstance(value, list) else [str(value)])
    return DOORS[slug].form(data, entity=service.entity)


@pytest.mark.parametrize("slug", DOORS)
def test_the_minimal_answers_are_enough(slug: str) -> None:
    form = form_of(slug)
    assert form.is_valid(), form.errors
    assert form.answers().affected


@pytest.mark.parametrize("slug", DOORS)
def test_nothing_is_asked_that_has_no_field_and_nothing_is_hidden(slug: str) -> None:
    form = form_of(slug)
    hidden = {"key", "opened_at", "emergency_reason", "acknowledged", "conflict_reason"}
    assert {*form.face, *form.folded} >= set(form.fields) - hidden


def test_the_first_question_has_four_answers_and_one_shouts() -> None:
    assert len(FIRST_QUESTION) == 4
    assert [door.urgent for door in FIRST_QUESTION] == [True, False, False, False]


# --- The description writes itself --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("language", "said"), [("ar", "تعذّر الدخول: ناجز، منذ"), ("en", "Login failure: Najiz, since")]
)
def test_the_summary_is_written_from_the_answers(language: str, said: str) -> None:
    with translation.override(language):
        form = form_of("own-outage", service=a_service(name_ar="ناجز", name_en="Najiz"))
        assert form.is_valid()
        assert form.answers().columns["summary"].startswith(said)


def test_whoever_writes_a_summary_keeps_it() -> None:
    form = form_of("own-outage", summary="انقطع الدخول عن جميع المستفيدين")
    assert form.is_valid()
    assert form.answers().columns["summary"] == "انقطع الدخول عن جميع المستفيدين"


def test_a_summary_of_a_few_letters_is_refused() -> None:
    assert "summary" in form_of("own-outage", summary="عطل").errors


def test_the_title_of_works_is_proposed_by_their_kind() -> None:
    with translation.override("ar"):
        form = form_of("maintenance", service=a_service(name_ar="ناجز"))
        assert form.is_valid()
        assert form.answers().columns["title"] == "إصدار جديد: ناجز"


# --- Moments --------------------------------------------------------------------------------------------------
def test_an_outage_does_not_start_in_the_future() -> None:
    form = form_of("own-outage", started_at=chip_value(timezone.now() + timedelta(minutes=30)))
    assert form.errors["started_at"].as_data()[0].code == "future"


def test_a_clock_five_minutes_fast_is_taken_for_now() -> None:
    form = form_of("own-outage", started_at=chip_value(timezone.now() + timedelta(minutes=4)))
    assert form.is_valid(), form.errors
    assert form.answers().columns["started_at"] <= timezone.now()


def test_a_hijri_year_typed_by_habit_is_told_apart() -> None:
    form = form_of("own-outage", started_at="other", started_at_date="1448-06-12", started_at_time="02:00")
    assert form.errors["started_at"].as_data()[0].code == "year"


def test_detection_is_the_moment_the_form_was_opened() -> None:
    form = form_of("own-outage", opened_at=chip_value(timezone.now() - timedelta(minutes=9)))
    assert form.is_valid()
    assert timezone.now() - form.answers().columns["detected_at"] > timedelta(minutes=8)


def test_an_outage_that_starts_after_the_form_was_opened_is_detected_then() -> None:
    now = timezone.now()
    form = form_of("own-outage", opened_at=chip_value(now - timedelta(hours=1)), started_at=chip_value(now))
    assert form.is_valid()
    assert form.answers().columns["detected_at"] >= form.answers().columns["started_at"]


def test_detected_before_it_started_is_refused() -> None:
    now = timezone.now()
    early = chip_value(now - timedelta(hours=3))
    form = form_of("own-outage", started_at=chip_value(now - timedelta(hours=1)), detected_at=early)
    assert form.errors["detected_at"].as_data()[0].code == "order"


def test_an_outage_does_not_end_before_it_started() -> None:
    early = chip_value(timezone.now() - timedelta(hours=3))
    assert form_of("own-outage", restored_at=early).errors["restored_at"].as_data()[0].code == "order"


@pytest.mark.parametrize("forged", ["", "yesterday", "9999-01-01T00:00+00:00", "0001-01-01T00:00", "2026-11-22"])
def test_a_forged_opening_is_the_moment_of_sending(forged: str) -> None:
    form = form_of("own-outage", opened_at=forged)
    assert form.is_valid()
    assert form.opened == form.at


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"window_start_date": in_days(-1)}, "window_start", "past"),
        ({"window_start_date": in_days(900)}, "window_start", "far"),
        ({"window_end_date": in_days(20)}, "window_end", "order"),
        ({"window_end_time": "0203", "window_end_date": in_days(21)}, "window_end", "short"),
        ({"window_end_date": in_days(25)}, "window_end", "long"),
        ({"expected_outage_minutes": "121"}, "expected_outage_minutes", "window"),
        ({"expected_outage_minutes": "-1"}, "expected_outage_minutes", "min_value"),
        ({"expected_outage_minutes": "half an hour"}, "expected_outage_minutes", "invalid"),
        ({"work_kind": "emergency"}, "work_kind", "invalid_choice"),
        ({"impact": "full"}, "impact", "invalid_choice"),
        ({"rollback_plan": ""}, "rollback_plan", "required"),
    ],
)
def test_a_window_that_cannot_be_is_refused_beside_its_field(change: dict[str, str], field: str, code: str) -> None:
    assert form_of("maintenance", **change).errors[field].as_data()[0].code == code


def test_an_end_without_a_day_is_the_first_such_time_after_the_start() -> None:
    form = form_of("maintenance", window_start_time="23:30", window_end_time="01:30")
    assert form.is_valid(), form.errors
    columns = form.answers().columns
    assert columns["window_end"] - columns["window_start"] == timedelta(hours=2)


def test_an_emergency_starts_now_and_ends_by_its_minutes() -> None:
    form = form_of("emergency-maintenance")
    assert form.is_valid(), form.errors
    columns = form.answers().columns
    assert columns["is_emergency"]
    assert columns["window_end"] - columns["window_start"] == timedelta(minutes=45)


def test_an_emergency_of_two_hours_ago_is_an_outage() -> None:
    form = form_of("emergency-maintenance", window_start=chip_value(timezone.now() - timedelta(hours=2)))
    assert form.errors["window_start"].as_data()[0].code == "old"


# --- Services ---------------------------------------------------------------------------------------------------
def test_another_entitys_service_is_refused_as_ones_own() -> None:
    assert form_of("own-outage", services=[a_service().pk]).errors["services"].as_data()[0].code == "foreign"


def test_ones_own_service_is_no_provider() -> None:
    service = a_service()
    form = form_of("consumed-outage", service=service, provider_service=service.pk)
    assert form.errors["provider_service"].as_data()[0].code == "own"


def test_an_inactive_service_is_named_and_refused() -> None:
    service = a_service(name_en="Old portal", is_active=False)
    with translation.override("en"):
        assert "Old portal" in str(form_of("own-outage", service=service).errors["services"])


@pytest.mark.parametrize("forged", [["999999"], ["-1"], ["1 OR 1=1"], ["9" * 40], ["none"], ["²"], [""]])
def test_a_forged_service_is_refused(forged: list[str]) -> None:
    assert "services" in form_of("own-outage", services=forged).errors


def test_several_services_are_affected_alike() -> None:
    service = a_service()
    other = a_service(entity=service.entity)
    form = form_of("own-outage", service=service, services=[service.pk, other.pk, service.pk])
    assert form.is_valid()
    assert list(form.answers().affected) == [(service, "full"), (other, "full")]


def test_none_of_ours_yet_is_an_answer() -> None:
    form = form_of("consumed-outage", own_services_affected=["none"], impact_level="")
    assert form.is_valid(), form.errors
    assert form.answers().affected == []


def test_our_affected_services_have_an_impact() -> None:
    assert form_of("consumed-outage", impact_level="").errors["impact_level"].as_data()[0].code == "required"


def test_saying_nothing_of_ours_is_no_answer() -> None:
    assert "own_services_affected" in form_of("consumed-outage", own_services_affected=[]).errors


# --- Words ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("script", ["{}", "رقم {}", "{}، لا يعمل"])
def test_an_id_number_in_an_error_sample_is_refused(script: str) -> None:
    number = valid_id()
    for text in (number, number.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))):
        form = form_of("consumed-outage", error_sample=script.format(text))
        assert form.errors["error_sample"].as_data()[0].code == "national_id"


@pytest.mark.parametrize(
    ("slug", "change", "field"),
    [
        ("own-outage", {"symptom": ["telepathy"]}, "symptom"),
        ("own-outage", {"symptom": []}, "symptom"),
        ("own-outage", {"impact_level": "huge"}, "impact_level"),
        ("own-outage", {"cyber_suspected": "perhaps"}, "cyber_suspected"),
        ("own-outage", {"nca_ref": "x" * 41}, "nca_ref"),
        ("own-outage", {"summary": "س" * 501}, "summary"),
        ("consumed-outage", {"integration": "pigeon"}, "integration"),
        ("consumed-outage", {"users_affected": "9" * 30}, "users_affected"),
        ("consumed-outage", {"share_identity": "perhaps"}, "share_identity"),
        ("maintenance", {"risk_level": "cosmic"}, "risk_level"),
    ],
)
def test_what_no_list_holds_is_refused(slug: str, change: dict[str, Any], field: str) -> None:
    assert field in form_of(slug, **change).errors


def test_an_answer_that_the_admin_retired_is_offered_no_more() -> None:
    Choice.objects.filter(list="symptom", code="login").update(active=False)
    choices._lists.cache_clear()
    assert "symptom" in form_of("own-outage").errors


def test_the_name_is_shown_to_the_provider_unless_one_says_no() -> None:
    assert form_of("consumed-outage").is_valid()
    open_one, hidden = form_of("consumed-outage"), form_of("consumed-outage", share_identity="no")
    assert open_one.is_valid()
    assert hidden.is_valid()
    assert (open_one.answers().columns["share_identity"], hidden.answers().columns["share_identity"]) == (True, False)
