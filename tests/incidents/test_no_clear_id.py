"""A national ID is no reference, no name and no reason: whichever text it is typed into, no row keeps it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django import forms

from crisis_teams import forms as team_forms
from entities.fields import CleanCharField, KeptText
from incidents.forms import (
    board,
    filing,
    final_review,
    final_rows,
    maintenance,
    moves,
    outages,
    phoned,
    unlisted,
    updates,
)

MODULES = (team_forms, board, filing, final_review, final_rows, maintenance, moves, outages, phoned, unlisted, updates)
#: Asked and answered, never stored: searches, filters, keys, hidden marks.
NOT_KEPT = {"q", "opened_at", "shown", "once", "key", "wanted", "tag"}


def typed_fields() -> Iterator[tuple[str, str, forms.Field]]:
    """Every text box of a form that somebody fills in."""
    for module in MODULES:
        for form in vars(module).values():
            if isinstance(form, type) and issubclass(form, forms.BaseForm) and form.__module__ == module.__name__:
                for name, field in form.base_fields.items():  # type: ignore[attr-defined]  # every declared form has them
                    if type(field) in (forms.CharField, CleanCharField) or isinstance(field, KeptText):
                        yield form.__name__, name, field


def test_every_text_that_is_stored_refuses_an_id() -> None:
    open_to_ids = {
        f"{form}.{name}" for form, name, field in typed_fields() if not isinstance(field, KeptText | forms.ChoiceField)
    }
    assert {each for each in open_to_ids if each.partition(".")[2] not in NOT_KEPT} == set()


@pytest.mark.parametrize("typed", ["1000000008", "INC 1000000008", "INC-١٠٠٠٠٠٠٠٠٨", "هوية:2000000006."])
def test_it_is_said_beside_the_field(typed: str) -> None:
    with pytest.raises(forms.ValidationError) as refused:
        KeptText().clean(typed)
    assert refused.value.code == "national_id"


@pytest.mark.parametrize("typed", ["INC0012345", "3000000004", "05 1234 5678", "10000000081", "٢٠٢٦-١١-٢٥ ١٤:٣٠"])
def test_other_numbers_are_kept_as_they_were_typed(typed: str) -> None:
    assert KeptText().clean(typed) == typed
