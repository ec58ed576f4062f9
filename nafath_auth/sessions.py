"""What a sign-in leaves in the session, and where it leads."""

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import get_language, override

from entities import encryption, fresh
from entities.decorators import PortalRequest
from entities.models import Membership, User
from entities.sessions import opened_from
from nafath_auth.actions import Admission
from nafath_auth.adapters.attempt import Proof

LONGEST_NEXT = 2000
FOR_SIGN_OUT = "nafath_auth.id_token"  #: what the token in a session is encrypted for


def open_session(request: HttpRequest, admission: Admission, proof: Proof) -> None:
    """Write down the proof and its time (Unix seconds), the start, and the membership when there is but one."""
    now = int(timezone.now().timestamp())
    for mark in ("by_code", "by_break_glass"):  # such a session goes on as a whole one
        request.session.pop(mark, None)
    request.session.update(
        {
            "nafath_at": proof.identity.proved_at,
            "nafath_id_token": encryption.encrypt(proof.id_token, purpose=FOR_SIGN_OUT),
            "started_at": now,
            "seen_at": now,
            "opened": opened_from(request),
            "memberships": len(admission.memberships),
        }
    )
    if len(admission.memberships) == 1:
        request.session["membership_id"] = admission.memberships[0].pk
    if admission.is_first or admission.person.notice_version != settings.PRIVACY_NOTICE_VERSION:
        request.session["first_sign_in"] = {
            "is_first": admission.is_first,
            "name": proof.identity.name_ar or proof.identity.name_en,
            "differs": admission.name_differs,
        }


def renew(request: HttpRequest, proof: Proof) -> None:
    """Who is signed in has proved it anew: the same session, under a new key."""
    request.session.cycle_key()
    request.session["nafath_at"] = proof.identity.proved_at
    if proof.id_token:
        request.session["nafath_id_token"] = encryption.encrypt(proof.id_token, purpose=FOR_SIGN_OUT)


def open_by_code(request: HttpRequest, person: User) -> None:
    """A short session that files and updates for one entity, and is no proof by Nafath."""
    _open_narrow(request, person, by_code=person.acting.by_code if person.acting else "")


def open_by_break_glass(request: HttpRequest, person: User) -> None:
    """A short session that follows reports for the authority, is no proof by Nafath, and keeps nothing of another.

    Written at once, not with the answer: a refusal ends what it finds.
    """
    request.session.flush()
    _open_narrow(request, person, by_break_glass=person.acting.by_break_glass if person.acting else "")
    request.session.save()


def _open_narrow(request: HttpRequest, person: User, **mark: str) -> None:
    login(request, person, backend="nafath_auth.backends.KnownPeople")
    now, acting = int(timezone.now().timestamp()), person.acting
    if acting is None:
        raise ValueError("a session without Nafath is for one membership")
    request.session.pop("nafath_at", None)
    request.session.update(
        {
            **mark,
            "started_at": now,
            "seen_at": now,
            "opened": opened_from(request),
            "memberships": 1,
            "membership_id": acting.pk,
        }
    )


def choose(request: PortalRequest, membership: Membership) -> None:
    """Act in this membership from the next request on, under a new session key: the rights have changed.

    What waits for a proof was sent in the name of the other one, and waits no more.
    """
    request.session.cycle_key()
    fresh.forget(request)
    request.session["membership_id"] = membership.pk


def id_token(request: HttpRequest) -> str:
    """The token to show to Nafath when signing out; empty when there is none, or its key is gone."""
    try:
        return encryption.decrypt(request.session.get("nafath_id_token", ""), purpose=FOR_SIGN_OUT)
    except encryption.NotReadable:
        return ""


def safe_next(request: HttpRequest) -> str:
    """The page that was wanted, if it is a path of this host; nothing otherwise."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    is_path = wanted.startswith("/") and len(wanted) <= LONGEST_NEXT
    return wanted if is_path and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else ""


def onward(request: HttpRequest, person: User, next_url: str) -> str:
    """The next page of a sign-in: confirm what is registered, choose the entity, then what was wanted, or home.

    It speaks the person's language, unless she came from a page in another.
    """
    if "first_sign_in" in request.session:
        page = "first_sign_in"
    elif "membership_id" not in request.session:
        page = "choose_entity"
    elif next_url:
        return next_url
    else:
        page = settings.LOGIN_REDIRECT_URL
    with override(get_language() if next_url else person.language):
        address = resolve_url(page)
    return f"{address}?{urlencode({'next': next_url})}" if next_url else address
