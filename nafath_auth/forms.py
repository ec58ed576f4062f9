"""The one question between Nafath and the portal."""

from django import forms
from django.db.models import Case, When
from django.http import QueryDict

from entities.models import User


class ChooseEntityForm(forms.Form):
    """Which of her memberships a person acts in; only what she may use today counts. The one used last comes first."""

    def __init__(self, data: QueryDict | None = None, *, person: User) -> None:
        super().__init__(data)
        last = Case(When(pk=person.last_membership_id, then=0), default=1)
        usable = person.memberships.usable().select_related("entity")
        self.memberships = usable.order_by(last, "entity__name_ar", "role")
        self.fields["membership"] = forms.ModelChoiceField(self.memberships)
