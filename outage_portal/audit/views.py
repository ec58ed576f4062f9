"""The auditors' page, its two files, and the press that follows a chain."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from entities.decorators import PortalRequest, fresh_sign_in, requires
from entities.limits import CHAINS, EXPORTS, limited
from entities.models import AuditEvent, Entity
from entities.permissions import Permission
from incidents.paging import Order, page_of
from outage_portal.audit.chains import examine
from outage_portal.audit.export import MOST_ROWS, TYPES, export
from outage_portal.audit.forms import AuditFilter
from outage_portal.audit.lines import lines

PAGE = 50
NEWEST = Order("audit", ("at", "id"), falling=True)


@requires(Permission.AUDIT_VIEW)
@require_safe
def audit_log(request: PortalRequest) -> HttpResponse:
    """The log, newest first, one page by its key: no page costs more than the first."""
    form = AuditFilter(request.GET)
    found = form.narrow(AuditEvent.objects.visible_to(request.user)).select_related("entity")
    cursors = {name: request.GET.get(name, "") for name in ("after", "before")}
    page = page_of(found, order=NEWEST, size=PAGE, **cursors)
    context = {
        "form": form,
        "lines": list(lines(page.rows)),
        "entity": form.cleaned_data.get("entity"),
        "most": MOST_ROWS,
        "page": {
            "previous_url": page.before and f"?{form.query(before=page.before)}",
            "next_url": page.after and f"?{form.query(after=page.after)}",
        },
    }
    return render(request, "outage_portal/audit.html", context)


@requires(Permission.AUDIT_VIEW)
@require_POST
@fresh_sign_in
@limited(EXPORTS)
def audit_export(request: PortalRequest) -> HttpResponse:
    """What the filter shows as a file, and a line that says so."""
    form, kind = AuditFilter(request.POST), request.POST.get("format", "")
    if kind not in TYPES or not form.is_valid():
        raise Http404
    found = form.narrow(AuditEvent.objects.visible_to(request.user))
    content = export(found, kind, filtered_by=form.for_the_log, by=request.user)
    response = HttpResponse(content, content_type=TYPES[kind])
    name = f"security-log-{timezone.localdate():%Y-%m-%d}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@requires(Permission.AUDIT_VIEW)
@require_POST
@limited(CHAINS)
def audit_chain(request: PortalRequest) -> HttpResponse:
    """Follow the chain of one entity and say what was found."""
    entities = Entity.objects.visible_to(request.user)
    entity = get_object_or_404(entities, code=request.POST.get("entity", ""))
    found = examine(entity, by=request.user)
    said = {"entity": entity.name, "n": f"{found.followed:,}", "written": f"{found.written:,}", "broken": found.broken}
    if found.broken:
        text = _("The chain of %(entity)s is broken at number %(broken)s. Tell whoever keeps the portal at once.")
        messages.error(request, text % said)
    elif not found.written:
        messages.info(request, _("Nothing is written in the chain of %(entity)s yet.") % said)
    else:
        text = _("The chain of %(entity)s is whole: the newest %(n)s of %(written)s lines are as they were written.")
        messages.success(request, text % said)
    return redirect(f"{reverse('audit_log')}?{AuditFilter(request.POST).query()}")
