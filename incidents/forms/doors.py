"""The first question is what is happening, not which type: each answer is a door to a form (domain/reports.md)."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incidents.forms.filing import FilingForm
from incidents.forms.maintenance import EmergencyMaintenanceForm, MaintenanceForm
from incidents.forms.outages import BecauseOfAnotherForm, ConsumedOutageForm, OwnOutageForm
from incidents.lifecycle import ReportKind
from incidents.models import Draft


@dataclass(frozen=True)
class Door:
    """One answer to “what is happening?”, and the form behind it."""

    slug: str
    url_name: str
    form: type[FilingForm]
    icon: str
    happening: Promise
    sentence: Promise
    heading: Promise
    urgent: bool = False

    @property
    def kind(self) -> ReportKind:
        return self.form.kind

    @property
    def plain_name(self) -> str:
        """What it is called by somebody who is not of the entity."""
        return str(EMERGENCY.heading if self is EMERGENCY else self.kind.label)

    @property
    def url(self) -> str:
        return reverse(self.url_name)


OWN, PAIR, CONSUMED, WORKS, EMERGENCY = (
    Door(
        "own-outage",
        "file_own_outage",
        OwnOutageForm,
        "zap-off",
        _("Report an outage now"),
        _("A service of yours is down or slow"),
        _("Outage of a service of yours"),
        urgent=True,
    ),
    Door(
        "because-of-another",
        "file_because_of_another",
        BecauseOfAnotherForm,
        "git-fork",
        _("A service of yours is down because of another's"),
        _("Two linked reports in one go"),
        _("A service of yours is down because of another entity's"),
    ),
    Door(
        "consumed-outage",
        "file_consumed_outage",
        ConsumedOutageForm,
        "unplug",
        _("Another entity's service does not work for you"),
        _("Your report reaches its owner"),
        _("Outage of another entity's service"),
    ),
    Door(
        "maintenance",
        "file_maintenance",
        MaintenanceForm,
        "calendar-clock",
        _("Works ahead"),
        _("An update or maintenance, in good time"),
        _("Scheduled update or maintenance"),
    ),
    Door(
        "emergency-maintenance",
        "file_emergency_maintenance",
        EmergencyMaintenanceForm,
        "siren",
        _("Works that cannot wait"),
        _("Emergency works, starting now"),
        _("Emergency maintenance"),
    ),
)
#: What is happening?
FIRST_QUESTION = (OWN, PAIR, CONSUMED, WORKS)
DOORS = {door.slug: door for door in (*FIRST_QUESTION, EMERGENCY)}
#: A reviewer at the telephone files one report at a time.
BY_TELEPHONE = (OWN, CONSUMED, WORKS, EMERGENCY)
_BY_KIND = {ReportKind.OWN_OUTAGE: OWN, ReportKind.MAINTENANCE: WORKS, ReportKind.CONSUMED_OUTAGE: CONSUMED}


def door_of(draft: Draft) -> Door:
    """The door that a draft came by."""
    return DOORS.get(str(draft.text.get("door")), _BY_KIND[ReportKind(draft.kind)])


def text_of(draft: Draft) -> QueryDict:
    """A draft's raw text as a form reads it."""
    data = QueryDict(mutable=True)
    for name, values in draft.text.items():
        data.setlist(name, [str(value) for value in values] if isinstance(values, list) else [str(values)])
    data["key"] = str(draft.key)
    return data
