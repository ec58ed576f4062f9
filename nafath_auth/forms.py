"""The one question between Nafath and the portal."""

from django import forms
from django.http import QueryDict

from entities.models import User


class ChooseEntityForm(forms.Form):
    """Which of her memberships a person acts in; only what she may use today counts."""

    def __init__(self, data: QueryDict | None = None, *, person: User) -> None:
        super().__init__(data)
        self.memberships = person.memberships.usable().select_related("entity").order_by("entity__name_ar", "role")
        self.fields["membership"] = forms.ModelChoiceField(self.memberships)
