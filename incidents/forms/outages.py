"""The outages: of one's own service, of another entity's, of one's own because of another's (domain/reports.md)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from entities.fields import KeptText
from entities.models import DigitalService
from entities.widgets import Chips
from incidents.actions import Answers
from incidents.forms.fields import AnyOf, FreeText, ImpactField, MomentField, OneOf, ServiceField, WholeNumber
from incidents.forms.filing import FilingForm
from incidents.forms.unlisted import NamesUnlisted
from incidents.lifecycle import ReportKind
from incidents.models import Report
from incidents.severity import Impact

CYBER = [("no", _("No")), ("yes", _("Yes")), ("unknown", pgettext_lazy("cyber incident", "Not known yet"))]
YES_NO = [("yes", _("Yes")), ("no", _("No"))]
MANY = 2_000_000_000  # users: what the column holds


def symptoms() -> AnyOf:
    return AnyOf(
        list_name="symptom",
        label=_("What do people see?"),
        error_messages={"required": _("Choose what people see.")},
    )


class OutageForm(FilingForm):
    """What the outages share: since when, what is seen, the description that writes itself."""

    started_at = MomentField(
        label=_("Since when?"),
        offsets=(0, -15, -30, -60),
        error_messages={"required": _("Say since when.")},
    )
    symptom = symptoms()
    summary = FreeText(
        label=_("Brief description"),
        help_text=_(
            "It writes itself, and you may change it. Nothing secret belongs here: the report is “restricted”."
        ),
        required=False,
        min_length=10,
        max_length=500,
    )
    detected_at = MomentField(label=_("Detected at"), none_label=_("When this form was opened"), required=False)
    internal_ref = KeptText(label=_("Internal ticket no."), required=False, max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        opened = {"time": f"{timezone.localtime(self.opened):%H:%M}"}
        by_itself = self.told or gettext("%(time)s, when this form was opened") % opened
        self.fields["detected_at"].widget.none_label = by_itself

    @property
    def folded_words(self) -> list[str]:
        if self.awaits_moment:
            return []
        detected = self.cleaned_data.get("detected_at") or self.opened
        return [gettext("detected at %(time)s") % {"time": f"{timezone.localtime(detected):%H:%M}"}]

    def clean_started_at(self) -> datetime | None:
        return self.past(
            "started_at", future=gettext("The start lies in the future. Works ahead are filed as maintenance.")
        )

    def clean_detected_at(self) -> datetime:
        """Left alone, it is the moment the form was opened, or the start where that is later."""
        detected = self.past("detected_at", future=gettext("This time lies in the future."))
        started: datetime | None = self.cleaned_data.get("started_at")
        if detected is None:
            return max(self.opened, started) if started else self.opened
        if started and detected < started:
            raise ValidationError(gettext("The outage cannot have been detected before it started."), code="order")
        return detected

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "summary" not in self.errors and not cleaned.get("summary"):
            cleaned["summary"] = self.written_summary()
        return cleaned

    def written_summary(self) -> str:
        """«تعذّر الدخول: ناجز، منذ 02:05», as far as the answers reach."""
        labels = dict(self.fields["symptom"].choices)  # type: ignore[attr-defined]  # filled from the list's rows
        seen = gettext(", ").join(str(labels[code]) for code in self.cleaned_data.get("symptom") or [])
        services = self.summary_services()
        started = self.cleaned_data.get("started_at")
        if not (seen and services and started):
            return ""
        named = gettext(", ").join(service.name for service in services[:3])
        words = {"symptoms": seen, "services": named[:250], "moment": _since(started)}
        return gettext("%(symptoms)s: %(services)s, since %(moment)s") % words

    def summary_services(self) -> list[DigitalService]:
        raise NotImplementedError


def _since(moment: datetime) -> str:
    local = timezone.localtime(moment)
    day = "" if local.date() == timezone.localdate() else f"{date_format(local, 'j F')} "
    return f"{day}{local:%H:%M}"


class OwnOutageForm(OutageForm):
    """Five answers; the rest is there, folded."""

    kind = ReportKind.OWN_OUTAGE
    face: ClassVar[tuple[str, ...]] = (
        "services", "impact_level", "started_at", "symptom", "summary", "cyber_suspected",
    )  # fmt: skip
    folded: ClassVar[tuple[str, ...]] = (
        "detected_at", "expected_restoration_at", "restored_at", "related_maintenance", "internal_ref", "nca_ref",
        "help_needed",
    )  # fmt: skip

    services = ServiceField(label=_("Affected service"))
    impact_level = ImpactField()
    cyber_suspected = forms.ChoiceField(
        label=_("Is a cyber incident suspected?"),
        choices=CYBER,
        widget=Chips,
        error_messages={"required": _("Say whether a cyber incident is suspected; “Not known yet” is an answer.")},
    )
    expected_restoration_at = MomentField(
        label=_("Expected restoration"),
        offsets=(60, 180, 360),
        ahead=True,
        none_label=_("Not known yet"),
        required=False,
    )
    restored_at = MomentField(
        label=_("Has it ended already?"), offsets=(0, -15, -30), none_label=_("It is still running"), required=False
    )
    related_maintenance = forms.ChoiceField(
        label=_("Because of a maintenance of yours?"),
        required=False,
        widget=Chips,
        error_messages={"invalid_choice": _("Choose one of your maintenance notices whose window has begun.")},
    )
    nca_ref = KeptText(
        label=_("NCA reference"),
        help_text=_("If the incident was reported to the National Cybersecurity Authority: its number, no indicators."),
        required=False,
        max_length=40,
    )
    help_needed = FreeText(label=_("Help needed from the authority"), required=False, max_length=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kwargs.get("on_behalf"):
            del self.fields["restored_at"]  # the entity says itself when its service is back
        self.works = {work.reference: work for work in Report.objects.of(self.entity).works_around(at=self.at)}
        if self.works and "related_maintenance" in self.folded:
            named = [(reference, f"{reference} · {work.title}") for reference, work in self.works.items()]
            self.fields["related_maintenance"].choices = [("", _("No")), *named]  # type: ignore[attr-defined]
        else:
            del self.fields["related_maintenance"]

    @property
    def folded_words(self) -> list[str]:
        expected = self.cleaned_data.get("expected_restoration_at")
        work = self.cleaned_data.get("related_maintenance")
        return [
            *super().folded_words,
            *([] if expected else [gettext("expected restoration not known yet")]),
            *([gettext("because of %(reference)s") % {"reference": work}] if work else []),
        ]

    def clean_expected_restoration_at(self) -> datetime | None:
        return self.ahead("expected_restoration_at")

    def clean_restored_at(self) -> datetime | None:
        restored = self.past("restored_at", future=gettext("This time lies in the future."))
        started = self.cleaned_data.get("started_at")
        if restored and started and restored < started:
            raise ValidationError(gettext("The outage cannot have ended before it started."), code="order")
        return restored

    @property
    def affected(self) -> list[tuple[DigitalService, str]]:
        impact = self.cleaned_data.get("impact_level")
        return [(service, impact) for service in self.cleaned_data.get("services") or []] if impact else []

    def summary_services(self) -> list[DigitalService]:
        return self.cleaned_data.get("services") or []

    def answers(self) -> Answers:
        columns = self.filled(
            "impact_level", "started_at", "detected_at", "symptom", "summary", "cyber_suspected",
            "expected_restoration_at", "internal_ref", "nca_ref", "help_needed",
        )  # fmt: skip
        if work := self.works.get(self.cleaned_data.get("related_maintenance", "")):
            columns["related_maintenance"] = work
        return Answers(affected=self.affected, columns=columns)


class ConsumedOutageForm(OutageForm, NamesUnlisted):
    """Another entity's service does not work for us: whose, what, since when, and what of ours it touches."""

    kind = ReportKind.CONSUMED_OUTAGE
    face = (
        "provider_service", "unlisted_name", "unlisted_owner", "symptom", "started_at", "own_services_affected",
        "impact_level", "summary",
    )  # fmt: skip
    folded = (
        "detected_at", "integration", "error_sample", "checked_locally", "provider_contacted", "users_affected",
        "workaround", "internal_ref", "share_identity",
    )  # fmt: skip

    provider_service = ServiceField(
        label=_("Whose service is down?"), own=False, multiple=False, unlisted_label=_("It is not in the list")
    )
    own_services_affected = ServiceField(
        label=_("Which of your services does it touch?"),
        none_label=_("None yet"),
        error_messages={"required": _("Choose your affected services; “None yet” is an answer.")},
    )
    impact_level = ImpactField(label=_("How bad is it for your services?"))
    integration = OneOf(list_name="integration", label=_("Integration path"), no_answer=_("Not said"), required=False)
    error_sample = FreeText(
        label=_("Error sample"),
        help_text=_("The message as your system shows it, without people's data."),
        required=False,
        max_length=2000,
        widget=forms.Textarea,
    )
    checked_locally = FreeText(
        label=_("Local checks done"),
        help_text=_("Network, certificate, credentials, quota."),
        required=False,
        max_length=300,
    )
    provider_contacted = FreeText(
        label=_("Provider contacted"),
        help_text=_("When, how, and their ticket number."),
        required=False,
        max_length=300,
    )
    users_affected = WholeNumber(label=_("Users affected here"), required=False, min_value=0, max_value=MANY)
    workaround = FreeText(label=_("Workaround / alternative channel"), required=False, max_length=500)
    share_identity = forms.ChoiceField(
        label=_("Show our name to the provider"), choices=YES_NO, widget=Chips, initial="yes", required=False
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not cleaned.get("own_services_affected"):
            self.errors.pop("impact_level", None)  # it is asked of affected services only
        return cleaned

    @property
    def affected(self) -> list[tuple[DigitalService, str]]:
        impact = self.cleaned_data.get("impact_level") or Impact.MINOR.value
        return [(service, impact) for service in self.cleaned_data.get("own_services_affected") or []]

    def summary_services(self) -> list[DigitalService]:
        return [self.provider] if self.provider else []

    def answers(self) -> Answers:
        columns = self.filled(
            "provider_service", "started_at", "detected_at", "symptom", "summary", "integration", "error_sample",
            "checked_locally", "provider_contacted", "users_affected", "workaround", "internal_ref",
        )  # fmt: skip
        columns["share_identity"] = self.cleaned_data.get("share_identity") != "no"
        return Answers(affected=self.affected, columns=columns)


class BecauseOfAnotherForm(OwnOutageForm, NamesUnlisted):
    """One of ours is down because of another's: two linked reports from one set of answers."""

    face = (
        "services", "provider_service", "unlisted_name", "unlisted_owner", "impact_level", "started_at", "symptom",
        "summary", "cyber_suspected",
    )  # fmt: skip
    folded = (
        "detected_at", "expected_restoration_at", "integration", "internal_ref", "nca_ref", "help_needed",
        "share_identity",
    )  # fmt: skip

    restored_at = None  # type: ignore[assignment]  # how a form leaves an inherited field out
    services = ServiceField(label=_("Which of your services is down?"))
    provider_service = ServiceField(
        label=_("Because of whose service?"), own=False, multiple=False, unlisted_label=_("It is not in the list")
    )
    integration = OneOf(list_name="integration", label=_("Integration path"), no_answer=_("Not said"), required=False)
    share_identity = forms.ChoiceField(
        label=_("Show our name to the provider"), choices=YES_NO, widget=Chips, initial="yes", required=False
    )

    @property
    def draft_service(self) -> DigitalService | None:
        """The draft is the own outage's."""
        return next(iter(self.cleaned_data.get("services") or []), None)

    def answers(self) -> Answers:
        """The own outage, with what brought it down."""
        own = super().answers()
        columns = {**own.columns, "origin": "other-entity", "upstream_service": self.provider}
        return Answers(affected=own.affected, columns=columns)

    def consumed_answers(self) -> Answers:
        """The linked report about the other entity's service."""
        columns = self.filled(
            "provider_service", "started_at", "detected_at", "symptom", "integration", "internal_ref", "summary"
        )
        columns["share_identity"] = self.cleaned_data.get("share_identity") != "no"
        return Answers(affected=self.affected, columns=columns)
