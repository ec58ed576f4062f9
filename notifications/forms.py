"""What a person chooses about her messages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import Any

from django import forms
from django.conf import settings
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from entities.models import User
from entities.widgets import Chips, ChipsMultiple, TimeOfDayInput
from incidents.forms.moments import read_time
from notifications.models import Channel, Preference
from notifications.topics import CHANNELS, EXPLAINED, Topic


class HourField(forms.CharField):
    """HH:MM on the 24-hour clock; empty is none."""

    widget = TimeOfDayInput

    def clean(self, value: Any) -> time | None:
        text = super().clean(value)
        return read_time(text) if text else None


class PreferenceForm(forms.Form):
    """A field for each topic: by which channels it may come. The quiet hours are given whole, or not at all."""

    language = forms.ChoiceField(label=_("Language of messages"), choices=settings.LANGUAGES, widget=Chips)
    quiet_from = HourField(label=_("From"), required=False, max_length=20)
    quiet_until = HourField(label=_("Until"), required=False, max_length=20)

    def __init__(self, *args: Any, preference: Preference, person: User, **kwargs: Any) -> None:
        kwargs["initial"] = {"language": person.language, **_chosen(preference)}
        super().__init__(*args, **kwargs)
        for topic in Topic:
            choices = [(channel.value, channel.label) for channel in CHANNELS[topic]]
            self.fields[topic.value] = forms.MultipleChoiceField(
                label=topic.label, choices=choices, required=False, widget=ChipsMultiple
            )
            self.fields[topic.value].help_text = str(EXPLAINED[topic])

    def topics(self) -> Iterator[BoundField]:
        for topic in Topic:
            yield self[topic.value]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        start, end = given.get("quiet_from"), given.get("quiet_until")
        broken = {"quiet_from", "quiet_until"} & set(self.errors)
        if not broken and start is not None and start == end:
            self.add_error("quiet_until", _("The end must differ from the beginning."))
        elif not broken and (start is None) != (end is None):
            missing = "quiet_from" if start is None else "quiet_until"
            self.add_error(missing, _("Enter both times, or neither."))
        return given

    @property
    def answers(self) -> dict[str, Any]:
        """As `preferences.choose` takes it."""
        given = self.cleaned_data
        quiet = (given["quiet_from"], given["quiet_until"]) if given["quiet_from"] is not None else None
        wanted = {topic: given[topic.value] for topic in Topic}
        return {"wanted": wanted, "quiet": quiet, "language": given["language"]}


def _chosen(preference: Preference) -> dict[str, Any]:
    chosen: dict[str, Any] = {
        topic.value: [channel for channel in CHANNELS[topic] if not preference.refuses(topic, Channel(channel))]
        for topic in Topic
    }
    for name in ("quiet_from", "quiet_until"):
        hour = getattr(preference, name)
        chosen[name] = f"{hour:%H:%M}" if hour else ""
    return chosen
