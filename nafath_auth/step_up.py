"""Somebody who is signed in has proved anew that it is she."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve

from entities import fresh, national_id
from entities.models import AuditEvent
from nafath_auth import sessions
from nafath_auth.adapters.trust import NafathRefused
from nafath_auth.provider import NafathLogin


def complete(request: HttpRequest, login: NafathLogin) -> HttpResponse:
    """Back to what waits for it. Nobody changes places: the session stays hers, and another person's proof ends it.

    Raises PermissionDenied when she is no longer the one signed in here, NafathRefused when it proves somebody else.
    """
    person = request.user
    if not person.is_authenticated or str(person.public_id) != login.state["again"]:
        raise PermissionDenied
    if person.national_id_digest not in national_id.digests(login.proof.identity.national_id):
        raise NafathRefused("step-up: another person than the one signed in")
    form, transaction = fresh.waiting(request), login.proof.transaction
    sessions.renew(request, login.proof)
    fresh.confirm(request, mark=login.state["deed"], transaction=transaction)
    AuditEvent.record(
        AuditEvent.Action.STEP_UP,
        entity=person.acting.entity if person.acting else None,
        by=person,
        transaction=transaction,
        deed=_deed(form.path) if form else "",
    )
    return redirect("nafath_step_up")


def _deed(path: str) -> str:
    """What it was asked for, by the name of its address; the address itself may name a person."""
    try:
        return resolve(path.partition("?")[0]).view_name
    except Resolver404:
        return ""
