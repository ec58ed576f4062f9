"""Drafts: saved as they are typed, resumed on any device of the entity, and saying that nobody knows of them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from entities.decorators import PortalRequest, acting, requires
from entities.limits import AUTOSAVE as AUTOSAVE_LIMIT
from entities.limits import limited
from entities.permissions import Permission as P
from incidents import actions
from incidents.actions.drafts import Saved
from incidents.forms.doors import Door
from incidents.forms.filing import FilingForm
from incidents.models import Draft
from incidents.views.filing import find_door, form_page, with_door

AUTOSAVE = "X-Autosave"


@require_POST
@requires(P.REPORT_DRAFT)
@limited(AUTOSAVE_LIMIT)
def draft_save(request: PortalRequest, slug: str) -> HttpResponse:
    """Save the text as it stands: static/js/autosave.js takes the fragment, a button without it goes home."""
    door, entity = find_door(slug), acting(request).entity
    form = door.form(request.POST, entity=entity).unjudged()
    version = _version(request)
    if form.is_blank and version is None:
        return HttpResponse(status=204) if AUTOSAVE in request.headers else redirect("home")
    saved = actions.save_draft(
        kind=door.kind,
        entity=entity,
        key=form.draft_key,
        text={"door": slug, **form.typed},
        service=form.draft_service,
        version=version,
        by=request.user,
    )
    if AUTOSAVE in request.headers:
        return _status(request, door, form, saved)
    if saved.too_many:
        return form_page(request, door, form, status=409, saved=saved, oldest=_oldest(request))
    if saved.draft is None or saved.stale:
        messages.warning(request, _("A colleague changed this draft meanwhile; yours was not saved over it."))
        return redirect(f"{door.url}?draft={form.draft_key}")
    messages.success(request, _("The draft is saved. It has not been sent: the authority does not know of it."))
    return redirect("home")


@require_POST
@requires(P.REPORT_DRAFT)
def draft_discard(request: PortalRequest, key: UUID) -> HttpResponse:
    """Throw a draft away."""
    draft = Draft.objects.visible_to(request.user).filter(key=key).first()
    if draft is None:
        raise Http404
    actions.discard_draft(draft, by=request.user)
    messages.success(request, _("The draft is deleted."))
    return redirect("home")


def _version(request: PortalRequest) -> int | None:
    """The version that the page has read; None for a page that has saved nothing yet."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _status(request: PortalRequest, door: Door, form: FilingForm, saved: Saved) -> HttpResponse:
    """What became of an autosave, for #draft-status; 409 makes the page rest until it is answered."""
    draft = saved.draft
    other = None
    if draft is not None and form.draft_service is not None and draft.service_id != form.draft_service.pk:
        drafts = Draft.objects.visible_to(request.user).exclude(pk=draft.pk).select_related("last_writer")
        other = drafts.filter(kind=door.kind, service=form.draft_service).first()
    context = {
        "door": door,
        "draft": draft,
        "version": draft.version if draft else "",
        "saved": saved,
        "other": other,
        "ago": _ago(draft.updated_at) if draft else "",
        "oldest": _oldest(request) if saved.too_many else [],
    }
    status = 409 if saved.stale or draft is None else 200
    return render(request, "incidents/_draft_status.html", context, status=status)


def _oldest(request: PortalRequest) -> list[Draft]:
    """Of hers that name no service the one that was touched longest ago; one, for it stands in a small place."""
    hers = Draft.objects.visible_to(request.user).unnamed(entity=acting(request).entity, by=request.user)
    return [with_door(draft) for draft in hers.select_related("last_writer").order_by("updated_at", "pk")[:1]]


def _ago(moment: datetime) -> str:
    """«قبل 20 ثانية»: a colleague who writes at the same time is counted in seconds."""
    seconds = max(0, int((timezone.now() - moment).total_seconds()))
    if seconds < 60:
        return ngettext("%(n)s second ago", "%(n)s seconds ago", seconds) % {"n": seconds}
    return ngettext("%(n)s minute ago", "%(n)s minutes ago", seconds // 60) % {"n": seconds // 60}
