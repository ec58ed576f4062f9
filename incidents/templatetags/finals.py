"""What the final report's pages look up by a field's name."""

from __future__ import annotations

from django import template
from django.forms.boundfield import BoundField

from incidents.forms.final_review import SendBackForm

register = template.Library()


@register.filter
def gap_of(gaps: dict[str, str], name: str) -> str:
    """What is lacking in a field; empty where nothing is."""
    return gaps.get(name, "")


@register.filter
def box(form: SendBackForm, name: str) -> BoundField:
    """The reviewer's box for a comment on a field."""
    return form.box(name)
