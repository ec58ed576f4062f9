"""The emergency door of the authority: two people, ten minutes, one use; everything told, and the key kept nowhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import AuditEvent, Entity, Membership, Notice, Session, User
from entities.permissions import TRIAGE_ALONE, Permission, Role, permissions_of
from incidents.models import Report
from nafath_auth import break_glass
from nafath_auth.models import BreakGlass
from notifications import notices
from notifications.actions import fan_out_new_events
from notifications.models import Delivery
from tests.conftest import sign_in
from tests.factories import a_membership, a_person, a_report
from tests.nafath_auth.conftest import Visitor, a_regular
from tests.nafath_auth.test_code_scope import ALWAYS
from tests.nafath_auth.test_no_clear_id import stored
from tests.signing import is_asked, make_stale
from tests.test_urls import PATTERNS, _url, a_world

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
DOOR, REQUESTS = "/accounts/break-glass/", "/accounts/break-glass/requests/"
CONFIRM, REFUSE = f"{REQUESTS}confirm/", f"{REQUESTS}refuse/"
REASON = "Nafath is down since 02:10 and nobody can follow the reports"


@pytest.fixture
def reviewer() -> User:
    return pre_registered(a_person(Role.REVIEWER))


@pytest.fixture
def lead() -> User:
    return a_person(Role.LEAD)


def pre_registered(person: User) -> User:
    person.memberships.update(may_break_glass=True)
    return person


def command(*words: str) -> str:
    said = StringIO()
    call_command("break_glass", *words, stdout=said)
    return said.getvalue()


def ask(person: User, **options: str) -> tuple[BreakGlass, str]:
    """By the command; the row, and the key out of the printed link."""
    extra = [word for name, value in options.items() for word in (f"--{name}", value)]
    said = command(str(person.public_id), "--reason", REASON, *extra)
    asked = BreakGlass.objects.latest("created_at")
    link = re.search(r"http\S+/accounts/break-glass/#(\w+)", said)
    assert link and asked.reference in said
    return asked, link[1]


def come_in(client: Client, key: str) -> Any:
    return client.post(DOOR, {"one_time_key": key})


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def steps() -> list[str]:
    lines = AuditEvent.objects.filter(action=AuditEvent.Action.BREAK_GLASS).order_by("seq")
    return list(lines.values_list("data__step", flat=True))


def through(client: Client, person: User, lead: User) -> Client:
    """In, by the whole way."""
    asked, key = ask(person)
    break_glass.confirm(asked.reference, by=lead)
    assert come_in(client, key).status_code == 302
    return client


# --- The link ------------------------------------------------------------------------------------------------------


def test_link_opens_a_short_marked_session_once_a_second_person_has_confirmed(
    reviewer: User, lead: User, client: Client, client_of: ClientOf
) -> None:
    asked, key = ask(reviewer)
    page = client_of(lead).get(REQUESTS).content.decode()
    assert REASON in page and asked.reference in page and reviewer.name in page
    assert client_of(lead).post(CONFIRM, {"reference": asked.reference}).status_code == 302
    assert come_in(client, key).status_code == 302
    row = Session.objects.get(person=reviewer)
    assert row.started_at and row.expire_date <= row.started_at + timedelta(minutes=60)
    assert (client.session["by_break_glass"], "nafath_at" in client.session) == (asked.reference, False)
    board = client.get("/board/")
    assert board.status_code == 200 and 'id="by-break-glass"' in board.content.decode()
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert "/accounts/sign-in/" in client.get("/board/").headers["Location"]


def test_unconfirmed_link_does_nothing_and_is_still_good_afterwards(reviewer: User, lead: User, client: Client) -> None:
    asked, key = ask(reviewer)
    assert come_in(client, key).status_code == 403
    assert not is_in(client)
    break_glass.confirm(asked.reference, by=lead)
    assert come_in(client, key).status_code == 302
    assert steps() == ["asked", "unconfirmed", "confirmed", "used"]


def test_link_is_good_once(reviewer: User, lead: User, client: Client) -> None:
    asked, key = ask(reviewer)
    break_glass.confirm(asked.reference, by=lead)
    assert come_in(client, key).status_code == 302
    second = Client()
    assert come_in(second, key).status_code == 403
    assert not is_in(second)
    assert steps()[-1] == "again"


def test_link_is_good_for_ten_minutes_from_its_printing(reviewer: User, lead: User, client: Client) -> None:
    asked, key = ask(reviewer)
    with time_machine.travel(asked.created_at + timedelta(minutes=9, seconds=50), tick=False):
        break_glass.confirm(asked.reference, by=lead)
    with time_machine.travel(asked.created_at + timedelta(minutes=10), tick=False):
        assert come_in(client, key).status_code == 403
        with pytest.raises(break_glass.BreakGlassRefused):
            break_glass.confirm(ask(reviewer)[0].reference, by=reviewer)
    assert steps()[2] == "expired"


def test_late_confirmation_confirms_nothing(reviewer: User, lead: User) -> None:
    asked, _key = ask(reviewer)
    later = time_machine.travel(asked.created_at + timedelta(minutes=10), tick=False)
    with later, pytest.raises(break_glass.BreakGlassRefused):
        break_glass.confirm(asked.reference, by=lead)
    asked.refresh_from_db()
    assert asked.confirmed_at is None


def test_looking_at_the_link_uses_and_writes_nothing(reviewer: User, lead: User, client: Client) -> None:
    asked, key = ask(reviewer)
    break_glass.confirm(asked.reference, by=lead)
    told = steps()
    for method in (client.get, client.head):
        assert method(DOOR).status_code == 200
    assert steps() == told
    assert come_in(client, key).status_code == 302


def masked(html: str) -> str:
    return re.sub(r'(csrfmiddlewaretoken" value="|X-CSRFToken": "|server-time" content=")[^"]*', r"\1", html)


def test_whatever_is_wrong_is_answered_the_same(reviewer: User, lead: User, settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    keys = {"unconfirmed": ask(reviewer)[1], "wrong": "ABCDE-FGHJK-MNPQR-STVWX"}
    for name in ("again", "after_refusal", "expired", "not_entitled"):
        asked, keys[name] = ask(reviewer)
        break_glass.confirm(asked.reference, by=lead)
        match name:
            case "again":
                assert come_in(Client(), keys[name]).status_code == 302
            case "after_refusal":
                break_glass.refuse(asked.reference, by=lead)
            case "expired":
                BreakGlass.objects.filter(pk=asked.pk).update(created_at=timezone.now() - timedelta(minutes=11))
    answers = {}
    for name, key in keys.items():
        if name == "not_entitled":
            reviewer.memberships.update(status=Membership.Status.SUSPENDED)
        answer = come_in(Client(), key)
        answers[name] = (answer.status_code, masked(answer.content.decode()))
        assert steps()[-1] == name
    assert len(set(answers.values())) == 1
    assert answers["wrong"][0] == 403


def test_key_may_be_typed_in_groups_and_in_small_letters(reviewer: User, lead: User, client: Client) -> None:
    asked, key = ask(reviewer)
    break_glass.confirm(asked.reference, by=lead)
    assert come_in(client, f"{key[:10].lower()}-{key[10:]} ").status_code == 302


def test_key_stands_in_no_row_no_page_and_no_log(
    reviewer: User, lead: User, client: Client, capsys: pytest.CaptureFixture[str], client_of: ClientOf
) -> None:
    asked, key = ask(reviewer)
    page = come_in(client, key).content.decode() + client_of(lead).get(REQUESTS).content.decode()
    break_glass.confirm(asked.reference, by=lead)
    come_in(client, key)
    fan_out_new_events(at=timezone.now())
    kept = stored().upper()
    assert "BY_BREAK_GLASS" in kept  # the rows are really there
    assert key not in kept
    assert key not in page
    captured = capsys.readouterr()
    assert key not in captured.out + captured.err


def test_door_is_limited_in_number(own_cache: None, one_window: None, client: Client) -> None:
    a_person(Role.LEAD)
    assert [come_in(client, "wrong").status_code for _ in range(6)] == [403] * 5 + [429]
    assert client.get(DOOR).status_code == 200


# --- The second person ---------------------------------------------------------------------------------------------


def test_nobody_confirms_her_own_access_nor_what_she_asked_for(lead: User, client_of: ClientOf) -> None:
    pre_registered(lead)
    other = a_person(Role.LEAD)
    own, _key = ask(lead)
    hers, _key = ask(lead, by=other.email)
    for reference, person in ((own.reference, lead), (hers.reference, lead), (hers.reference, other)):
        browser = client_of(person)
        assert browser.post(CONFIRM, {"reference": reference}).status_code == 302
        assert "شخص آخر" in browser.get(REQUESTS).content.decode()
        with pytest.raises(CommandError, match="Another person"):
            command("--confirm", reference, "--by", str(person.pk))
    assert not BreakGlass.objects.filter(confirmed_at__isnull=False).exists()
    assert steps().count("same_person") == 6
    refused = pytest.raises(IntegrityError, match="break_glass_by_another")
    with refused, transaction.atomic():
        BreakGlass.objects.filter(pk=hers.pk).update(confirmed_by=other, confirmed_at=timezone.now())


def test_whoever_may_confirm_it_can_ring_first(reviewer: User, lead: User, client_of: ClientOf) -> None:
    """At the number that is registered, not at one that was told."""
    other, ringing = a_person(Role.LEAD), f'href="tel:{reviewer.mobile}"'
    asked, _key = ask(reviewer, by=other.email)
    assert reviewer.mobile and other.mobile
    page = client_of(lead).get(REQUESTS).content.decode()
    assert ringing in page and f'href="tel:{other.mobile}"' in page
    assert ringing not in client_of(other).get(REQUESTS).content.decode(), "she asked for it, and confirms nothing"
    break_glass.confirm(asked.reference, by=lead)
    assert ringing not in client_of(lead).get(REQUESTS).content.decode(), "nothing is left to ask"


def test_second_command_confirms_by_a_lead_or_an_admin_alone(reviewer: User, client: Client) -> None:
    for role in (Role.LEAD, Role.ADMIN):
        asked, key = ask(reviewer)
        assert "confirmed" in command("--confirm", asked.reference.lower(), "--by", a_person(role).email)
        assert come_in(Client(), key).status_code == 302
    asked, key = ask(reviewer)
    for role in (Role.REVIEWER, Role.AUDITOR, Role.DIRECTOR):
        with pytest.raises(CommandError, match="no lead reviewer or admin of the authority"):
            command("--confirm", asked.reference, "--by", str(a_person(role).pk))
    assert come_in(client, key).status_code == 403


def test_in_the_portal_a_confirmation_asks_for_a_fresh_proof_and_a_refusal_does_not(
    reviewer: User, lead: User, client: Client, client_of: ClientOf
) -> None:
    asked, key = ask(reviewer)
    browser = make_stale(client_of(lead))
    assert is_asked(browser.post(CONFIRM, {"reference": asked.reference}))
    asked.refresh_from_db()
    assert asked.confirmed_at is None
    assert browser.post(REFUSE, {"reference": asked.reference}).headers["Location"] == REQUESTS
    assert come_in(client, key).status_code == 403
    assert steps() == ["asked", "refused", "after_refusal"]


def test_refusal_ends_the_session_that_was_opened(reviewer: User, lead: User, client: Client) -> None:
    through(client, reviewer, lead)
    other = sign_in(Client(), reviewer)
    reference = BreakGlass.objects.get().reference
    assert "refused" in command("--refuse", reference, "--by", str(lead.public_id))
    assert "/accounts/sign-in/" in client.get("/board/").headers["Location"]
    assert other.get("/board/").status_code == 200
    with pytest.raises(CommandError, match="already"):
        command("--refuse", reference, "--by", str(lead.public_id))


# --- Who may -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("situation", "sentence"),
    [
        ("unregistered", "Nobody is registered"),
        ("not_flagged", "not pre-registered"),
        ("suspended", "cannot be used today"),
        ("never_came", "cannot be used today"),
        ("inactive", "not active"),
        ("of_an_entity", "does not act for the authority"),
        ("national_id", "Never type a national ID"),
        ("two_of_one_mail", "More than one person"),
        ("no_reason", "--reason"),
    ],
)
def test_command_says_what_is_missing_and_writes_nothing(reviewer: User, situation: str, sentence: str) -> None:
    whom, reason = str(reviewer.pk), REASON
    match situation:
        case "unregistered":
            whom = "nobody@example.sa"
        case "not_flagged":
            reviewer.memberships.update(may_break_glass=False)
        case "suspended":
            reviewer.memberships.update(status=Membership.Status.SUSPENDED)
        case "never_came":
            reviewer.memberships.update(status=Membership.Status.INVITED)
        case "inactive":
            User.objects.filter(pk=reviewer.pk).update(is_active=False)
        case "of_an_entity":
            whom = str(a_person(Role.DIRECTOR).pk)
        case "national_id":
            whom = "1000000008"
        case "two_of_one_mail":
            whom = a_person(Role.REVIEWER, email=reviewer.email).email
        case "no_reason":
            reason = " "
    with pytest.raises(CommandError, match=sentence) as told:
        command(whom, "--reason", reason)
    assert "1000000008" not in str(told.value)
    assert not BreakGlass.objects.exists()
    assert steps() == []


def test_person_may_be_named_by_number_identifier_or_mail(reviewer: User) -> None:
    for whom in (str(reviewer.pk), str(reviewer.public_id), reviewer.email.upper()):
        command(whom, "--reason", REASON)
    assert BreakGlass.objects.filter(person=reviewer).count() == 3


def desk(person: User, **changes: str) -> dict[str, str]:
    membership = person.memberships.get()
    form = {
        "name_ar": person.name_ar, "language": "ar", "is_active": "on",
        "memberships-TOTAL_FORMS": "1", "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": str(membership.pk), "memberships-0-user": str(person.pk),
        "memberships-0-status": "ACTIVE",
    }  # fmt: skip
    return {**form, **{f"memberships-0-{name}": value for name, value in changes.items()}}


def test_an_admin_pre_registers_others_audited_and_never_herself(client_of: ClientOf) -> None:
    admin, other = a_person(Role.ADMIN), a_person(Role.REVIEWER)
    browser = client_of(admin)
    for person in (admin, other):
        answer = browser.post(f"/admin/entities/user/{person.pk}/change/", desk(person, may_break_glass="on"))
        assert answer.status_code == 302, answer.content.decode()
    assert list(Membership.objects.filter(may_break_glass=True)) == [other.memberships.get()]
    line = AuditEvent.objects.filter(action=AuditEvent.Action.MEMBERSHIP, data__membership=other.memberships.get().pk)
    assert (line.get().person, line.get().data["may_break_glass"]) == (admin.public_id, True)


def test_only_roles_of_the_authority_can_be_pre_registered(client_of: ClientOf) -> None:
    director = a_person(Role.DIRECTOR)
    answer = client_of(a_person(Role.ADMIN)).post(
        f"/admin/entities/user/{director.pk}/change/", desk(director, may_break_glass="on")
    )
    assert answer.status_code == 200
    with pytest.raises(IntegrityError, match="membership_glass_of_authority"), transaction.atomic():
        director.memberships.update(may_break_glass=True)


# --- What it may do ------------------------------------------------------------------------------------------------


def test_scope_is_what_triage_needs_whatever_the_role() -> None:
    for role in Role:
        membership = Membership(role=role)
        membership.by_break_glass = "K7M2QX"
        assert membership.permissions == permissions_of(role) & TRIAGE_ALONE
    assert not TRIAGE_ALONE & {Permission.ADMINISTER, Permission.AUDIT_VIEW, Permission.REPORT_EXPORT}


def is_closed(name: str) -> bool:
    access = PATTERNS[name].callback.access  # type: ignore[attr-defined]  # a test says that every view declares it
    if access == "signed_in":
        return name not in ALWAYS
    return access != "public" and not TRIAGE_ALONE & set(access)


def test_every_address_beyond_its_scope_is_closed() -> None:
    world = a_world()
    lead = a_person(Role.LEAD)
    lead.memberships.update(may_break_glass=True)  # or her session would end with the first request
    browser = sign_in(Client(), lead)
    session = browser.session
    session["by_break_glass"] = "K7M2QX"
    session.save()
    closed = sorted(filter(is_closed, PATTERNS))
    assert {"audit_log", "audit_export", "session_list", "choose_entity", "nafath_step_up", "report_record"} < {*closed}
    assert not {"board", "report_acknowledge", "report_contact", "phoned_report", "nafath_state"} & {*closed}
    before = world.digest()
    for name in closed:
        for method in (browser.get, browser.post):
            assert method(_url(world, name)).status_code in {403, 405}, name
    assert world.digest() == before


def test_the_band_is_on_every_page_and_the_language_can_be_changed(reviewer: User, lead: User, client: Client) -> None:
    report = a_report(by=a_person(Role.DIRECTOR))
    through(client, reviewer, lead)
    pages = ["/board/", "/guide/", f"/reports/{report.reference}/", reverse("record_phoned")]
    pages.append(reverse("phoned_report", args=[report.entity.code, "own-outage"]))
    for path in pages:
        assert 'id="by-break-glass"' in client.get(path).content.decode(), path
    assert client.post("/accounts/language/", {"language": "en", "next": "/en/board/"}).status_code == 302


def test_it_triages_and_each_deed_is_marked(reviewer: User, lead: User, client: Client) -> None:
    report = a_report(by=a_person(Role.DIRECTOR))
    through(client, reviewer, lead)
    path = f"/reports/{report.reference}/"
    client.post(f"{path}acknowledge/", {"version": report.version})
    event = Report.objects.get(pk=report.pk).events.latest("seq")
    reference = BreakGlass.objects.get().reference
    assert (event.move, event.data["by_break_glass"]) == ("acknowledge", reference)
    assert "دخول الطوارئ" in client.get(path).content.decode()


def test_what_asks_for_a_fresh_proof_is_refused_with_a_sentence(reviewer: User, lead: User, client: Client) -> None:
    director = a_person(Role.DIRECTOR)
    through(client, reviewer, lead)
    assert director.acting
    path = reverse("team_contact", args=[director.acting.pk])
    answer = client.post(path, {"reason": "x"}, headers={"Referer": f"http://testserver{path}"})
    assert answer.headers["Location"] == path
    page = client.get(path).content.decode()
    assert "لا يتيحه دخول الطوارئ" in page and director.mobile not in page
    by_script = client.post(path, {"reason": "x"}, headers={"HX-Request": "true"})
    assert (by_script.status_code, "HX-Redirect" in by_script.headers) == (204, True)


def test_it_decides_on_no_other_access_and_enters_no_desk(lead: User, client: Client) -> None:
    second = a_person(Role.ADMIN)
    a_membership(second, role=Role.LEAD)
    pre_registered(second)
    through(client, second, lead)
    asked, _key = ask(second, by=lead.email)
    for path in (CONFIRM, REFUSE):
        assert client.post(path, {"reference": asked.reference}).status_code == 302
    asked.refresh_from_db()
    assert (asked.confirmed_at, asked.refused_at) == (None, None)
    assert client.get("/admin/").status_code in {302, 403}
    assert client.get("/accounts/sessions/").status_code == 403


def test_signing_in_with_nafath_ends_it(visitor: Visitor) -> None:
    person = pre_registered(a_regular(Role.REVIEWER))
    lead = a_person(Role.LEAD)
    other = through(Client(), person, lead)
    through(visitor, person, lead)
    visitor.sign_in()
    assert visitor.is_signed_in and "by_break_glass" not in visitor.session
    assert not is_in(other)


def test_pre_registration_taken_away_ends_what_it_has_opened(client: Client, lead: User, client_of: ClientOf) -> None:
    person = pre_registered(a_person(Role.REVIEWER))
    through(client, person, lead)
    whole = sign_in(Client(), person)  # by Nafath: it asks for no pre-registration
    answer = client_of(a_person(Role.ADMIN)).post(f"/admin/entities/user/{person.pk}/change/", desk(person))
    assert answer.status_code == 302
    assert not Membership.objects.filter(may_break_glass=True).exists()
    assert "/accounts/sign-in/" in client.get("/board/").headers["Location"]
    assert whole.get("/board/").status_code == 200
    line = AuditEvent.objects.get(action=AuditEvent.Action.SESSION_ENDED)
    assert (line.data["why"], line.data["of"]) == ("by_break_glass", str(person.public_id))


def test_pre_registration_that_is_gone_behind_the_desk_ends_it_at_the_next_request(
    client: Client, reviewer: User, lead: User
) -> None:
    through(client, reviewer, lead)
    reviewer.memberships.update(may_break_glass=False)
    assert "/accounts/sign-in/" in client.get("/board/").headers["Location"]
    assert not is_in(client)


# --- What is told --------------------------------------------------------------------------------------------------


def test_each_step_is_in_the_log_and_told_to_leads_and_admins(
    authority: Entity, reviewer: User, lead: User, client: Client
) -> None:
    admin = a_person(Role.ADMIN)
    come_in(client, "wrong")
    come_in(client, "wrong again")
    through(client, reviewer, lead)
    assert steps() == ["wrong", "wrong", "asked", "confirmed", "used"]
    asked, confirmed, used = AuditEvent.objects.filter(action=AuditEvent.Action.BREAK_GLASS).order_by("seq")[2:]
    assert (asked.entity, asked.person, asked.data["reason"]) == (authority, reviewer.public_id, REASON)
    assert (confirmed.person, confirmed.role) == (lead.public_id, Role.LEAD)
    assert (used.person, len(used.data["address_hash"])) == (reviewer.public_id, 16)
    assert len(asked.data["account_hash"]) == 16
    fan_out_new_events(at=timezone.now())
    told = Delivery.objects.filter(notice__kind=Notice.Kind.BREAK_GLASS)
    assert sorted(told.filter(channel="in_app", person=lead).values_list("notice__data__step", flat=True)) == [
        "asked", "confirmed", "used", "wrong",
    ]  # fmt: skip
    assert set(told.values_list("person", flat=True)) == {lead.pk, admin.pk}
    assert set(told.values_list("channel", flat=True)) == {"in_app", "email", "sms"}


def test_log_and_inbox_tell_it_in_words(reviewer: User, lead: User, client: Client, client_of: ClientOf) -> None:
    through(client, reviewer, lead)
    come_in(Client(), "wrong")
    fan_out_new_events(at=timezone.now())
    log = client_of(a_person(Role.AUDITOR)).get("/en/audit/").content.decode()
    assert f"A session was opened by an emergency access — {reviewer.name_en}" in log
    inbox = client_of(lead).get("/en/inbox/").content.decode()
    assert f"An emergency access was asked for: {BreakGlass.objects.get().reference}" in inbox
    assert not any(REASON in str(notices.facts(notice)) for notice in Notice.objects.all())  # docs/adr/0008


def test_unused_requests_are_forgotten_after_a_month_and_used_ones_kept(
    reviewer: User, lead: User, client: Client
) -> None:
    through(client, reviewer, lead)
    ask(reviewer)
    break_glass.forget(at=timezone.now() + timedelta(days=31))
    assert BreakGlass.objects.get().used_at is not None


def test_identifier_that_happens_to_hold_ten_such_digits_is_no_national_id() -> None:
    with pytest.raises(CommandError, match="Nobody is registered as 2a4a125b"):
        command("2a4a125b-ac45-426d-8bda-2f2737701783", "--reason", "نفاذ لا يستجيب")
