"""Every field says its label, hint, error and limit the same way, tied together for those who listen to the page."""

import re
from collections.abc import Iterator

import pytest
from django import forms
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy, override
from pytest_django.asserts import assertHTMLEqual

from entities import widgets


class OutageForm(forms.Form):
    impact = forms.ChoiceField(
        label="Impact",
        choices=[("full", "Full"), ("minor", "Minor")],
        widget=widgets.ChoiceCards(sentences={"full": "Nobody can use it."}, icons={"full": "zap-off"}),
        error_messages={"required": "Choose the impact"},
    )
    symptoms = forms.MultipleChoiceField(
        label="Symptoms", choices=[("slow", "Slow"), ("down", "Down")], widget=widgets.ChipsMultiple, required=False
    )
    message = forms.CharField(label="What is new?", help_text="In two lines.", max_length=1500, widget=forms.Textarea)
    note = forms.CharField(label="Note", required=False)
    phone = forms.CharField(label="Mobile", required=False, widget=widgets.PhoneInput)
    at = forms.CharField(label="Time", required=False, widget=widgets.TimeOfDayInput)
    code = forms.CharField(label="Code", required=False, widget=widgets.OneTimeCodeInput)
    service = forms.CharField(label="Service", required=False, widget=widgets.SearchBox)
    agreed = forms.BooleanField(label="I agree", required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self) -> None:
        if not self.cleaned_data.get("message"):
            self.add_error(None, "Nothing was said.")


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with override("en"):
        yield


def field(name: str, form: forms.Form | None = None) -> str:
    return re.sub(r"\s+", " ", (form or OutageForm())[name].as_field_group())


def test_text_takes_the_direction_of_what_is_written() -> None:
    assert 'dir="auto"' in field("note")
    assert 'class="control"' in field("note")


def test_figures_and_addresses_run_left_to_right() -> None:
    assert 'dir="ltr"' in field("phone")
    assert 'type="tel"' in field("phone")
    assert 'class="control control--time"' in field("at")


def test_one_time_code_may_come_from_the_message() -> None:
    assert 'autocomplete="one-time-code"' in field("code")
    assert 'inputmode="numeric"' in field("code")


def test_optional_field_says_so_and_required_field_does_not() -> None:
    assert "(optional)" in field("note")
    assert "(optional)" not in field("message")


def test_hint_and_error_describe_the_box() -> None:
    html = field("message", OutageForm({}))
    assert 'aria-describedby="id_message_helptext id_message_error"' in html
    assert 'id="id_message_helptext"' in html
    assert 'id="id_message_error"' in html
    assert 'aria-invalid="true"' in html
    assert "field--invalid" in html


def test_long_text_is_counted_in_front_of_the_writer() -> None:
    assert 'data-counter-for="id_message"' in field("message")
    assert "At most 1500 characters" in field("message").replace(",", "")


def test_choices_are_a_group_with_a_legend() -> None:
    html = field("impact", OutageForm({}))
    assert '<fieldset class="field field--invalid"' in html
    assert 'aria-describedby="id_impact_error"' in html
    assert "<legend>Impact" in html
    assert "aria-invalid" not in html  # no such state for a radio button


def test_choice_card_shows_its_sentence_and_icon() -> None:
    html = field("impact")
    assert "<small>Nobody can use it.</small>" in html
    assert "#zap-off" in html


def test_chips_of_a_multiple_choice_are_checkboxes() -> None:
    assert field("symptoms").count('type="checkbox"') == 2
    assert 'class="chip"' in field("symptoms")


def test_tick_box_stands_before_its_words() -> None:
    assert re.search(r'<label class="check"> <input type="checkbox"[^>]*> <span>I agree</span>', field("agreed"))


def test_search_box_has_its_glass() -> None:
    assert 'type="search"' in field("service")
    assert "#search" in field("service")


def test_form_shows_hidden_fields_once_and_every_other_field() -> None:
    html = str(OutageForm())
    assert html.count('name="key"') == 1
    for name in ("impact", "symptoms", "message", "note", "agreed"):
        assert f'name="{name}"' in html


def test_error_summary_leads_to_each_field_with_the_same_words() -> None:
    form = OutageForm({})
    html = str(form)
    summary = render_to_string("_error_summary.html", {"form": form})
    assert 'role="alert"' in summary
    assert "Nothing was said." in summary
    assert "Choose the impact" in summary
    targets = re.findall(r'href="#([^"]+)"', re.sub(r"<use[^>]*>", "", summary))
    assert targets == ["id_impact_0", "id_message"]
    for target in targets:
        assert f'id="{target}"' in html


def test_error_summary_of_a_sound_form_is_empty() -> None:
    assert not render_to_string("_error_summary.html", {"form": OutageForm()}).strip()


def test_what_people_type_is_escaped_where_it_comes_back() -> None:
    html = str(OutageForm({"note": '"><script>alert(1)</script>', "impact": "<b>"}))
    assert "<script>alert" not in html
    assert "<b>" not in re.sub(r"<b>(Full|Minor)</b>", "", html)


def test_a_long_list_is_written_as_django_writes_it() -> None:
    choices = [("", gettext_lazy("Entity")), ("a&b", "<b>"), (7, 'it"s'), (8, "eight")]

    def written(widget: type[forms.Select], value: object) -> str:
        attrs = {"class": "control", "required": True}
        return widget(attrs=attrs, choices=choices).render("of", value, {"id": "id_of"})

    for value in ("", None, 7, "7", "a&b", "unknown"):
        assertHTMLEqual(written(widgets.LongSelect, value), written(forms.Select, value))
