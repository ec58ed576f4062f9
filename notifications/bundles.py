"""Several reports as one row of the inbox: an incident's for the authority, those about one service for its owner."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse

from entities.models import DigitalService
from incidents.lifecycle import ReportKind
from incidents.models import Incident
from notifications.models import Delivery
from notifications.recipients import Side, side_of

#: From so many reports on they stand together.
SEVERAL = 3


@dataclass(frozen=True)
class Bundle:
    """What the reports have in common, as this reader sees it. One of the two."""

    incident: Incident | None = None
    service: DigitalService | None = None

    @property
    def url(self) -> str:
        """The page on which they stand together."""
        return (
            reverse("incident_page", args=[self.incident.reference]) if self.incident else reverse("reports_about_us")
        )

    @property
    def messages(self) -> Q:
        """What tells of its reports."""
        if self.incident:
            return Q(event__report__incident=self.incident)
        return Q(event__report__kind=ReportKind.CONSUMED_OUTAGE, event__report__provider_service=self.service)


def bundle_of(row: Delivery) -> Bundle | None:
    """Where its report belongs with others, as long as the incident goes on. None: it stands for itself.

    An entity reads of its own report alone: whose else failed is nobody's to know but the authority's and the owner's.
    """
    if (report := row.report) is None:
        return None
    side = side_of(report, row.membership)
    if side == Side.AUTHORITY and report.incident:
        return Bundle(incident=report.incident)
    if side == Side.PROVIDER and report.provider_service:
        return Bundle(service=report.provider_service)
    return None
