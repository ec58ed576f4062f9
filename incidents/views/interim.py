"""The interim report of a critical outage, one POST."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from entities.decorators import PortalRequest, requires
from entities.permissions import Permission as P
from incidents import actions
from incidents.views.following import perform


@requires(P.REPORT_FILE)
@require_POST
def report_interim(request: PortalRequest, reference: str) -> HttpResponse:
    """What is known so far, within three days."""
    said = _("The interim report is submitted.")
    return perform(request, reference, "submit_interim", actions.submit_interim, said=said)
