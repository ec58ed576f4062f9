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


@requires(P.REPORT_FILE)
@require_POST
def report_ask_extension(request: PortalRequest, reference: str) -> HttpResponse:
    """The entity asks for more time for the final report."""
    said = _("The extension is asked for; the authority answers.")
    return perform(request, reference, "ask_extension", actions.ask_extension, said=said)


@requires(P.REPORT_TRIAGE)
@require_POST
def report_refuse_extension(request: PortalRequest, reference: str) -> HttpResponse:
    """No more time, and why."""
    said = _("The extension is refused.")
    return perform(request, reference, "refuse_extension", actions.refuse_extension, said=said)


@requires(P.REPORT_TRIAGE)
@require_POST
def report_pause_final(request: PortalRequest, reference: str) -> HttpResponse:
    """The final report's deadline stands still."""
    said = _("The deadline stands still.")
    return perform(request, reference, "pause_final", actions.pause_final, said=said)


@requires(P.REPORT_TRIAGE)
@require_POST
def report_resume_final(request: PortalRequest, reference: str) -> HttpResponse:
    """And runs on."""
    return perform(request, reference, "resume_final", actions.resume_final, said=_("The deadline runs on."))
