"""The national ID passes through and stays nowhere."""

from __future__ import annotations

import json
import logging

import pytest
from django.apps import apps
from django.core import serializers

from entities.models import Session, User
from tests.factories import a_membership, a_person
from tests.nafath_auth.conftest import Visitor

KNOWN, UNKNOWN = "1000000008", "1000000016"


def stored() -> str:
    """Every row of every table, sessions decoded."""
    rows = serializers.serialize("json", (row for model in apps.get_models() for row in model._default_manager.all()))
    return rows + "".join(json.dumps(session.get_decoded()) for session in Session.objects.all())


def test_no_row_session_log_line_or_page_holds_the_number(
    visitor: Visitor, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    a_membership(a_person(number=KNOWN), role="MEMBER")
    refused = visitor.sign_in(UNKNOWN).content.decode()
    sent = visitor.start()
    visitor.issuer.number = KNOWN
    visitor.issuer.claims["nonce"] = "wrong"
    failed = visitor.come_back(sent).content.decode()
    del visitor.issuer.claims["nonce"]
    first = visitor.get(visitor.sign_in(KNOWN).headers["Location"]).content.decode()
    choice = visitor.get("/accounts/entity/").content.decode()
    printed = "".join(capsys.readouterr())
    for text in (stored(), caplog.text, printed, refused, failed, first, choice):
        assert KNOWN not in text
        assert UNKNOWN not in text
    assert User.objects.get().national_id_last4 == KNOWN[-4:]


def test_half_finished_sign_in_keeps_no_number_either(visitor: Visitor) -> None:
    a_person(number=KNOWN)
    visitor.start()
    assert KNOWN not in stored()
