"""The boxes and choices that Django does not have. Their looks are in templates/forms/widgets/."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.forms.utils import flatatt
from django.forms.widgets import Script
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class Chips(forms.RadioSelect):
    """One of a few short answers, each a chip. Longer answers: ChoiceCards; long lists: RadioSelect."""

    template_name = "forms/widgets/chips.html"


class ChipsMultiple(forms.CheckboxSelectMultiple):
    """Any of a few short answers, each a chip with a tick."""

    template_name = "forms/widgets/chips.html"


class ChoiceCards(forms.RadioSelect):
    """One of a few answers, each with a sentence and perhaps an icon.

    `sentences` and `icons` are by choice value: {"full": _("Nobody can complete the service.")}.
    """

    template_name = "forms/widgets/choice_cards.html"

    def __init__(
        self,
        *args: Any,
        sentences: Mapping[str, Any] | None = None,
        icons: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sentences = sentences or {}
        self.icons = icons or {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        option["sentence"] = self.sentences.get(str(value), "")
        option["icon"] = self.icons.get(str(value), "")
        return option


class ChoiceCardsMultiple(ChoiceCards):
    """Any of a few answers, each with a sentence."""

    allow_multiple_selected = True
    input_type = "checkbox"


class LongSelect(forms.Select):
    """One of hundreds of answers, none in a group: Django would render a template for each."""

    def render(self, name: str, value: Any, attrs: Mapping[str, Any] | None = None, renderer: Any = None) -> SafeString:
        chosen = self.format_value(value)
        options = (
            (answer, SafeString(" selected") if str(answer) in chosen else "", label) for answer, label in self.choices
        )
        listed = format_html_join("\n", '<option value="{}"{}>{}</option>', options)
        attributes = flatatt({"name": name, **self.build_attrs(self.attrs, dict(attrs or {}))})
        return format_html("<select{}>\n{}\n</select>", attributes, listed)


class FilePicker(forms.FileInput):
    """A file, chosen in the reader's own language. Its page prints the form's media."""

    template_name = "forms/widgets/file_picker.html"

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["admin/css/file-picker.css"]}
        js: ClassVar[list[Script]] = [Script("js/file-picker.js", type="module")]


class LtrInput(forms.TextInput):
    """Figures and codes: written left to right, standing where the page's text starts."""

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__({"dir": "ltr", "autocapitalize": "off", "spellcheck": "false", **(attrs or {})})


class DigitsInput(LtrInput):
    """Digits, with a phone's number pad. Not type=number, which has arrows and loses leading zeros."""

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "numeric", "autocomplete": "off", **(attrs or {})})


class PhoneInput(LtrInput):
    """A telephone number."""

    input_type = "tel"

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "tel", "autocomplete": "tel", **(attrs or {})})


class TimeOfDayInput(LtrInput):
    """HH:MM on the 24-hour clock. Not type=time: browsers show it the way their own country writes it."""

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__(
            {
                "class": "control--time",
                "inputmode": "numeric",
                "autocomplete": "off",
                "maxlength": 5,
                **(attrs or {}),
            }
        )


class OneTimeCodeInput(DigitsInput):
    """The code from a text message; the phone offers it by itself, and it can be pasted."""

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__({"class": "otp", "autocomplete": "one-time-code", **(attrs or {})})


class SearchBox(forms.TextInput):
    """A search field with its glass."""

    input_type = "search"
    template_name = "forms/widgets/search.html"
