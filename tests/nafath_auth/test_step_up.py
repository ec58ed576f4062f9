"""What closes, appoints, exports, reveals or signs waits for a fresh proof by Nafath, and loses nothing by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import AuditEvent, Membership, Session, User
from entities.national_id import digest
from entities.permissions import Role
from incidents.lifecycle import EventKind, Status
from incidents.models import Report
from tests.conftest import sign_in
from tests.factories import a_membership, a_person
from tests.incidents.finals import filer_of, leader_of, restored, submitted, url, written
from tests.nafath_auth.conftest import Visitor, a_regular
from tests.nafath_auth.issuer import ISSUER
from tests.signing import confirmed, is_asked, make_stale
from tests.test_urls import PATTERNS

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
STEP_UP = "/accounts/nafath/step-up/"
COPY = "/accounts/my-data/copy/"

#: Every deed that asks, and how. Filing and updating never ask: no outage waits for a phone to be found.
FRESH = {
    "report_close", "final_accept", "team_emergency", "team_appoint", "team_replace", "team_retire", "team_member",
    "team_hand_over", "team_contact", "audit_export", "my_data_copy", "break_glass_confirm",
    "policy_ask", "policy_publish", "holiday_confirm", "holiday_set", "holiday_remove",
    "freeze_add", "freeze_change", "freeze_remove", "calendar_feeds", "wall_screens", "wall_screen_link",
    "team_decision_file", "outside_readers",
}  # fmt: skip
OWN = {"final_check", "final_countersign"}


def test_each_deed_that_asks_is_named_here() -> None:
    asks = {name: p.callback.proof for name, p in PATTERNS.items() if hasattr(p.callback, "proof")}  # type: ignore[attr-defined]  # set by the decorators
    assert asks == {**dict.fromkeys(FRESH, "fresh"), **dict.fromkeys(OWN, "own")}


# --- The way there and back --------------------------------------------------------------------------------------


def stale_visitor(visitor: Visitor, **person: Any) -> User:
    """Signed in by this issuer, six minutes ago."""
    found = a_regular(**person)
    visitor.sign_in()
    make_stale(visitor)
    return found


def leaves(visitor: Visitor) -> dict[str, str]:
    """Press the button of the page that asks; what the browser takes along to Nafath."""
    answer = visitor.post(STEP_UP)
    assert answer.status_code == 302, answer.content.decode()
    address = urlsplit(answer.headers["Location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{ISSUER}/authorize"
    sent = {name: values[0] for name, values in parse_qs(address.query).items()}
    visitor.issuer.nonce = sent["nonce"]
    return sent


def goes(visitor: Visitor, **claims: Any) -> Any:
    """To Nafath, which asks her anew, and back."""
    sent = leaves(visitor)
    visitor.issuer.claims = claims
    return sent, visitor.come_back(sent)


def test_proof_is_asked_for_anew_and_the_deed_goes_on(visitor: Visitor) -> None:
    person = stale_visitor(visitor)
    assert is_asked(visitor.post(COPY))
    page = visitor.get(STEP_UP)
    assert "أكّد هويتك" in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    before = visitor.session.session_key
    sent, answer = goes(visitor, jti="n-4711")
    assert (sent["prompt"], sent["max_age"]) == ("login", "0")
    assert answer.headers["Location"] == STEP_UP
    assert visitor.session.session_key != before
    line = AuditEvent.objects.get(action=AuditEvent.Action.STEP_UP)
    assert (line.person, line.data) == (person.public_id, {"transaction": "n-4711", "deed": "my_data_copy"})
    ready = visitor.get(STEP_UP).content.decode()
    assert f'action="{COPY}"' in ready and "data-onward" in ready
    assert visitor.post(COPY, {"go_on": "1"}).headers["Content-Disposition"].startswith("attachment")


def test_what_was_typed_comes_through_and_stands_in_no_page_and_in_no_row_in_clear(visitor: Visitor) -> None:
    leader = stale_visitor(visitor, role=Role.IT_LEADER)
    form = {"national_id": "1000000016", "name_ar": "سارة الغامدي", "mobile": "0500000111", "email": "s@example.sa"}
    assert is_asked(visitor.post("/team/appoint/alternate/", form))
    row = Session.objects.get(pk=visitor.session.session_key)
    assert "1000000016" not in str(row.get_decoded())
    pages = [visitor.get(STEP_UP)]
    goes(visitor)
    pages.append(visitor.get(STEP_UP))
    assert not any("1000000016" in page.content.decode() for page in pages)
    assert visitor.post("/team/appoint/alternate/", {"go_on": "1"}).status_code == 302
    assert leader.acting is not None
    appointed = Membership.objects.get(entity=leader.acting.entity, role=Role.ALTERNATE)
    assert appointed.user.name_ar == "سارة الغامدي"


def test_it_goes_on_once(visitor: Visitor) -> None:
    stale_visitor(visitor, role=Role.IT_LEADER)
    visitor.post("/team/appoint/member/", {"national_id": "1000000016", "name_ar": "س", "mobile": "0500000111"})
    goes(visitor)
    visitor.post("/team/appoint/member/", {"go_on": "1"})
    again = visitor.post("/team/appoint/member/", {"go_on": "1"})
    assert again.headers["Location"] == STEP_UP
    assert visitor.get(STEP_UP).headers["Location"] == "/"


def test_go_on_without_the_proof_does_nothing(visitor: Visitor) -> None:
    stale_visitor(visitor)
    visitor.post(COPY)
    assert is_asked(visitor.post(COPY, {"go_on": "1"}))
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.OWN_DATA).exists()


def test_go_on_of_one_address_opens_no_other(client_of: ClientOf) -> None:
    browser = make_stale(client_of(a_person(Role.AUDITOR)))
    browser.post(COPY)
    session = browser.session
    session["nafath_at"] += 400  # fresh again, and the copy still waits
    session.save()
    assert is_asked(browser.post(reverse("audit_export"), {"go_on": "1", "format": "csv"}))
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.EXPORTED).exists()


def test_what_waits_for_one_entity_does_not_go_on_in_another(client_of: ClientOf) -> None:
    leader = a_person(Role.IT_LEADER)
    second = a_membership(leader, role=Role.IT_LEADER)
    browser, path = make_stale(client_of(leader)), "/team/appoint/member/"
    assert is_asked(browser.post(path, {"national_id": "1000000016", "name_ar": "س", "mobile": "0500000111"}))
    browser.post("/accounts/entity/", {"membership": second.pk})
    session = browser.session
    session["nafath_at"] += 400
    session.save()
    assert is_asked(browser.post(path, {"go_on": "1"}))
    assert browser.get(STEP_UP).headers["Location"] == "/"
    assert not Membership.objects.filter(role=Role.MEMBER).exists()


@pytest.mark.parametrize("told", [None, 1_700_000_000])
def test_proof_that_is_older_or_of_no_known_age_is_refused(visitor: Visitor, told: int | None) -> None:
    stale_visitor(visitor)
    visitor.post(COPY)
    _sent, answer = goes(visitor, auth_time=told)
    assert answer.status_code == 400
    assert not visitor.is_signed_in


def test_another_persons_proof_ends_the_session(visitor: Visitor) -> None:
    stale_visitor(visitor)
    a_regular(number="1000000016")
    visitor.post(COPY)
    visitor.issuer.number = "1000000016"
    _sent, answer = goes(visitor)
    assert answer.status_code == 400
    assert not visitor.is_signed_in
    line = AuditEvent.objects.filter(action=AuditEvent.Action.SIGN_IN_REFUSED).get()
    assert "another person" in line.data["reason"]
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.STEP_UP).exists()


def test_proof_comes_back_once_and_to_its_own_session(visitor: Visitor, client_of: ClientOf) -> None:
    stale_visitor(visitor)
    visitor.post(COPY)
    sent, _answer = goes(visitor)
    make_stale(visitor)
    visitor.post(COPY)
    assert visitor.come_back(sent).status_code == 302  # used: on to the home page, and nothing is confirmed
    assert is_asked(visitor.post(COPY, {"go_on": "1"}))


def test_whoever_turns_back_keeps_nothing_waiting(visitor: Visitor) -> None:
    stale_visitor(visitor)
    visitor.post(COPY, headers={"Referer": "http://testserver/accounts/my-data/"})
    assert visitor.post(STEP_UP, {"turn_back": "1"}).headers["Location"] == "/accounts/my-data/"
    assert visitor.get(STEP_UP).headers["Location"] == "/"


def test_page_to_turn_back_to_is_ours(visitor: Visitor) -> None:
    stale_visitor(visitor)
    for elsewhere in ("https://evil.example/", "http://testserver.evil.example/", "http://testserver//evil.example/"):
        visitor.post(COPY, headers={"Referer": elsewhere})
        assert visitor.post(STEP_UP, {"turn_back": "1"}).headers["Location"] == "/"


def test_who_cancels_at_nafath_finds_it_waiting(visitor: Visitor) -> None:
    stale_visitor(visitor)
    visitor.post(COPY)
    back = visitor.come_back(leaves(visitor), query={"error": "access_denied"})
    assert back.headers["Location"] == STEP_UP
    assert "ألغيت التأكيد" in visitor.get(STEP_UP).content.decode()


def test_nafath_that_is_down_is_said_and_nothing_is_lost(visitor: Visitor) -> None:
    stale_visitor(visitor)
    visitor.post(COPY)
    visitor.issuer.down = {"/.well-known/openid-configuration", "/authorize", "/token"}
    caches["process"].clear()
    answer = visitor.post(STEP_UP)
    assert answer.status_code == 503
    assert "لا يزال محفوظًا هنا" in answer.content.decode()
    visitor.issuer.down = set()
    goes(visitor)
    assert visitor.post(COPY, {"go_on": "1"}).headers["Content-Disposition"].startswith("attachment")


def test_script_is_sent_there_as_a_whole_page(client_of: ClientOf) -> None:
    report = submitted(restored(tier=3))
    browser = make_stale(client_of(a_person(Role.REVIEWER)))
    answer = browser.post(f"/reports/{report.reference}/close/", {"seen": report.version}, headers={"HX-Request": "1"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, STEP_UP)
    assert Report.objects.get(pk=report.pk).status == Status.FINAL_REVIEW


def test_file_does_not_wait_and_one_is_told(client_of: ClientOf) -> None:
    browser = make_stale(client_of(a_person(Role.IT_LEADER)))
    browser.post("/team/appoint/member/", {"name_ar": "س", "extra": SimpleUploadedFile("a.txt", b"x")})
    assert "تختار الملف من جديد" in browser.get(STEP_UP).content.decode()


# --- The admins' desk ----------------------------------------------------------------------------------------------


def test_desk_asks_before_it_changes_anything_and_not_to_read(client_of: ClientOf) -> None:
    browser = make_stale(client_of(a_person(Role.ADMIN)))
    address = reverse("admin:entities_sector_add")
    assert browser.get(address).status_code == 200
    assert is_asked(browser.post(address, {"code": "x", "name_ar": "قطاع", "name_en": "Sector"}))
    assert confirmed(browser).status_code == 302


# --- Signatures ----------------------------------------------------------------------------------------------------


def test_each_signature_has_its_own_proof_and_its_number_stays(client_of: ClientOf) -> None:
    report = written(restored(tier=0))
    browser = client_of(leader_of(report))  # signed in this very minute
    seen = report.final_report.version
    assert is_asked(browser.post(url(report, "sign"), {"seen": seen}))
    assert not Report.objects.get(pk=report.pk).final_report.countersigned_at
    assert confirmed(browser, transaction="leader-1").status_code == 302
    event = report.events.get(kind=EventKind.SIGNED)
    assert event.data == {"version": seen, "transaction": "leader-1"}
    report = Report.objects.get(pk=report.pk)
    director = sign_in(Client(), filer_of(report))
    form = {"attest": "1", "seen": str(seen)}
    assert is_asked(director.post(url(report, "check"), form))
    assert confirmed(director, transaction="director-1").status_code == 302
    sent = report.events.get(data__move="submit_final")
    assert sent.data["transaction"] == "director-1"
    page = director.get(url(report)).content.decode()
    assert "leader-1" in page and "director-1" in page
    assert "director-1" in director.get(f"/reports/{report.reference}/").content.decode()


def test_what_was_confirmed_is_what_is_sent(client_of: ClientOf) -> None:
    """A proof made for one form signs no other, and none that was changed on its way."""
    report = written(restored(tier=3))
    browser = sign_in(Client(), filer_of(report))
    browser.post(url(report, "check"), {"attest": "1", "seen": str(report.final_report.version)})
    other = written(restored(tier=3))
    assert confirmed(browser).status_code == 302
    foreign = sign_in(Client(), filer_of(other))
    again = foreign.post(url(other, "check"), {"go_on": "1", "attest": "1", "seen": str(other.final_report.version)})
    assert again.headers["Location"] == STEP_UP
    assert Report.objects.get(pk=other.pk).status == Status.RESTORED


def test_another_window_cannot_slip_its_form_under_a_proof(visitor: Visitor) -> None:
    report = written(restored(tier=3))
    seen = {"last_login": timezone.now(), "notice_version": settings.PRIVACY_NOTICE_VERSION}
    User.objects.filter(pk=report.filed_by_id).update(national_id_digest=digest(visitor.issuer.number), **seen)
    visitor.sign_in()
    make_stale(visitor)
    visitor.post(COPY)
    sent = leaves(visitor)
    assert is_asked(visitor.post(url(report, "check"), {"attest": "1", "seen": str(report.final_report.version)}))
    assert visitor.come_back(sent).headers["Location"] == STEP_UP
    assert visitor.post(url(report, "check"), {"go_on": "1"}).headers["Location"] == STEP_UP
    assert Report.objects.get(pk=report.pk).status == Status.RESTORED
    goes(visitor)
    assert visitor.post(url(report, "check"), {"go_on": "1"}).status_code == 302
    assert Report.objects.get(pk=report.pk).status == Status.FINAL_REVIEW


def test_form_with_a_mistake_is_not_led_to_nafath(client_of: ClientOf) -> None:
    report = written(restored(tier=3))
    answer = sign_in(Client(), filer_of(report)).post(url(report, "check"), {"seen": "1"})
    assert answer.status_code == 422
