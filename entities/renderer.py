"""How every form of the portal looks: FORM_RENDERER in the settings names this file's renderer."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting
from django.forms.widgets import Input

BOXES = (Input, forms.Textarea, forms.Select, forms.MultiWidget)
NO_BOXES = (forms.CheckboxInput, forms.HiddenInput)
LEFT_TO_RIGHT = (forms.EmailInput, forms.URLInput, forms.NumberInput, forms.DateInput, forms.TimeInput)
EITHER_WAY = (forms.TextInput, forms.Textarea)


class PortalBoundField(BoundField):
    """A field that knows its box's class and its writing direction, so that no form has to say it."""

    def build_widget_attrs(self, attrs: Mapping[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        """Add `class="control"` to boxes and lists, and `dir`: auto for prose, ltr for figures."""
        widget = widget or self.field.widget
        built = super().build_widget_attrs(dict(attrs), widget)
        if self.use_fieldset:
            # ARIA knows no invalid radio button or group member: the fieldset's description says the error.
            built.pop("aria-invalid", None)
        if isinstance(widget, BOXES) and not isinstance(widget, NO_BOXES):
            built["class"] = f"control {widget.attrs.get('class', '')} {built.get('class', '')}".strip()
            if direction := self._direction(widget):
                built.setdefault("dir", direction)
        return built

    @staticmethod
    def _direction(widget: forms.Widget) -> str:
        if "dir" in widget.attrs:
            return str(widget.attrs["dir"])
        if isinstance(widget, LEFT_TO_RIGHT):
            return "ltr"
        return "auto" if isinstance(widget, EITHER_WAY) else ""


class PortalFormRenderer(TemplatesSetting):
    """`{{ form }}` and `{{ form.field.as_field_group }}` in the portal's own templates."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
    bound_field_class = PortalBoundField
