"""More time for what is owed, one POST each."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from entities.decorators import PortalRequest, requires
from entities.permissions import Permission as P
from incidents import actions
from incidents.views.following import perform


@requires(P.REPORT_TRIAGE)
@require_POST
def report_stretch(request: PortalRequest, reference: str) -> HttpResponse:
    """The next update may come later; consumers are told, with the reason."""
    said = _("The next update is put off, and whoever waits for it is told.")
    return perform(request, reference, "stretch_update", actions.stretch_update, said=said)


@requires(P.REPORT_TRIAGE)
@require_POST
def report_extend(request: PortalRequest, reference: str) -> HttpResponse:
    """More time for the final report."""
    return perform(request, reference, "extend_final", actions.extend_final, said=_("The extension is granted."))
