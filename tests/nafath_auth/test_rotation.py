"""A new key: what is encrypted moves, a digest waits for its person, and no key is called free that somebody needs."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from entities import encryption, national_id
from entities.models import AuditEvent, Session, User
from nafath_auth.approval import SEALED
from nafath_auth.models import NafathTransaction
from nafath_auth.sessions import FOR_SIGN_OUT
from tests.conftest import sign_in
from tests.factories import a_person, an_entity

pytestmark = pytest.mark.django_db
OLD, NEW = "old:the-first-secret", "new:the-second-secret"


@pytest.fixture(autouse=True)
def _old_keys(settings: Any) -> None:
    settings.NID_DIGEST_KEYS = settings.NID_ENCRYPTION_KEYS = [OLD]
    an_entity(authority=True)


def new_keys(settings: Any) -> None:
    settings.NID_DIGEST_KEYS = settings.NID_ENCRYPTION_KEYS = [NEW, OLD]


def rotate(**options: Any) -> str:
    out = StringIO()
    call_command("rotate_keys", stdout=out, stderr=out, **options)
    return out.getvalue()


def a_pending_request() -> NafathTransaction:
    now = timezone.now()
    return NafathTransaction.objects.create(
        nid_digest=national_id.digest("1000000008"),
        nid_encrypted=encryption.encrypt("1000000008", purpose=SEALED).encode(),
        state_id="s",
        client_ip="127.0.0.1",
        created_at=now,
        expires_at=now + timedelta(minutes=1),
    )


def a_session(person: User) -> Session:
    browser = sign_in(Client(), person)
    session = browser.session
    session["nafath_id_token"] = encryption.encrypt("the.id.token", purpose=FOR_SIGN_OUT)
    session["draft"] = "what else it holds"
    session.save()
    return Session.objects.get(pk=session.session_key)


def test_what_is_encrypted_moves_to_the_new_key_and_the_old_one_may_go(settings: Any) -> None:
    request, session = a_pending_request(), a_session(a_person())
    new_keys(settings)
    told = rotate()
    assert "2 texts moved to the key new" in told
    assert "The encryption key old may be removed" in told
    request.refresh_from_db()
    session.refresh_from_db()
    settings.NID_ENCRYPTION_KEYS = [NEW]
    assert encryption.decrypt(bytes(request.nid_encrypted or b"").decode(), purpose=SEALED) == "1000000008"
    kept = session.get_decoded()
    assert encryption.decrypt(kept["nafath_id_token"], purpose=FOR_SIGN_OUT) == "the.id.token"
    assert kept["draft"] == "what else it holds"
    line = AuditEvent.objects.get(action=AuditEvent.Action.CONFIGURATION)
    assert line.data == {"rows": 2, "source": "rotate_keys"}


def test_a_dry_run_counts_and_changes_nothing(settings: Any) -> None:
    request, session = a_pending_request(), a_session(a_person())
    new_keys(settings)
    told = rotate(dry_run=True)
    assert "2 texts would be moved" in told and "Keep the encryption key old: 2 texts" in told
    before = bytes(request.nid_encrypted or b""), session.session_data
    request.refresh_from_db()
    session.refresh_from_db()
    assert (bytes(request.nid_encrypted or b""), session.session_data) == before
    assert not AuditEvent.objects.exists()


def test_a_second_run_finds_nothing_to_do(settings: Any) -> None:
    a_session(a_person())
    new_keys(settings)
    rotate()
    assert "0 texts moved" in rotate()


def test_a_digest_keeps_its_key_until_everybody_has_signed_in(settings: Any) -> None:
    people = [a_person(), a_person()]
    new_keys(settings)
    assert "Keep the digest key old: 2 people" in rotate()
    for person, number in zip(people, ("1000000008", "1000000016"), strict=True):  # as a sign-in rewrites it
        User.objects.filter(pk=person.pk).update(national_id_digest=national_id.digest(number))
    assert "The digest key old may be removed" in rotate()


def test_a_key_that_was_removed_too_early_is_named(settings: Any) -> None:
    a_person()
    a_session(a_person())
    settings.NID_DIGEST_KEYS = settings.NID_ENCRYPTION_KEYS = [NEW]
    out = StringIO()
    with pytest.raises(CommandError, match="Put back"):
        call_command("rotate_keys", stdout=out, stderr=out)
    assert "2 people cannot sign in without the key old" in out.getvalue()
    assert "1 texts cannot be read (old)" in out.getvalue()


def test_a_session_that_changes_meanwhile_is_left_to_the_next_run(settings: Any, monkeypatch: Any) -> None:
    session = a_session(a_person())
    new_keys(settings)
    decrypt = encryption.decrypt

    def and_a_request_saves(sealed: str, *, purpose: str) -> str:
        Session.objects.filter(pk=session.pk).update(session_data=session.session_data + ":changed")
        return decrypt(sealed, purpose=purpose)

    monkeypatch.setattr(encryption, "decrypt", and_a_request_saves)
    assert "Keep the encryption key old: 1 texts" in rotate()
    session.refresh_from_db()
    assert session.session_data.endswith(":changed")
