"""Corrective actions of a closed report, one POST each."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from entities.decorators import PortalRequest, requires
from entities.permissions import Permission as P
from incidents import actions
from incidents.views.following import perform


@requires(P.REPORT_BIND)
@require_POST
def report_action(request: PortalRequest, reference: str) -> HttpResponse:
    """The entity says that one is done."""
    said = _("The action is reported done; the authority verifies it.")
    return perform(request, reference, "report_action", actions.report_action, said=said)


@requires(P.REPORT_TRIAGE)
@require_POST
def report_verify_action(request: PortalRequest, reference: str) -> HttpResponse:
    """A reviewer finds it done."""
    return perform(request, reference, "verify_action", actions.verify_action, said=_("The action is verified."))


@requires(P.REPORT_TRIAGE)
@require_POST
def report_return_action(request: PortalRequest, reference: str) -> HttpResponse:
    """A reviewer finds it not done."""
    said = _("The action is sent back; its deadline runs on.")
    return perform(request, reference, "return_action", actions.return_action, said=said)
