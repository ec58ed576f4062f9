"""`manage.py purge`: each row of the table, what it leaves, and that history stays whole."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.utils import timezone

from entities.models import AuditEvent, ChainHead, Membership, Notice, Session, User
from entities.permissions import Role
from incidents.lifecycle import ReportKind
from incidents.models import BoardView, Draft, OutsideReader, Report, UpdateDraft
from nafath_auth.models import BreakGlass, DoorCode, NafathTransaction
from notifications.models import Delivery, Follow
from outage_portal import retention
from outage_portal.audit import archive
from outage_portal.audit.chains import examine
from tests.factories import a_membership, a_person, a_report, an_entity
from tests.marks import postgresql
from tests.web_role import as_owner, guards_lifted

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _place(settings: Any, tmp_path: Path) -> None:
    settings.AUDIT_ARCHIVE_ROOT = tmp_path / "archive"
    an_entity(authority=True)


def purge(**options: Any) -> str:
    """As the role that owns the tables, whose deed it is."""
    out = StringIO()
    with as_owner():
        call_command("purge", stdout=out, stderr=out, **options)
    return out.getvalue()


def ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


# --- One maker a row of the table: something of that age ------------------------------------------------------
def a_request(at: datetime) -> NafathTransaction:
    return NafathTransaction.objects.create(
        nid_digest=uuid.uuid4().hex, state="EXPIRED", state_id="s", client_ip="10.0.0.1", created_at=at, expires_at=at
    )


def a_used_code(at: datetime) -> DoorCode:
    return DoorCode.objects.create(nid_digest=uuid.uuid4().hex, state_id="s", address="a", created_at=at, used_at=at)


def a_used_access(at: datetime) -> BreakGlass:
    person, asked_by, confirmed_by = a_person(Role.LEAD), a_person(Role.ADMIN), a_person(Role.LEAD)
    return BreakGlass.objects.create(
        reference=uuid.uuid4().hex[:6], person=person, reason="ليلة بلا نفاذ", key_digest=uuid.uuid4().hex,
        asked_by=asked_by, confirmed_by=confirmed_by, created_at=at, confirmed_at=at, used_at=at,
    )  # fmt: skip


def a_session(at: datetime) -> Session:
    return Session.objects.create(session_key=uuid.uuid4().hex, session_data="x", expire_date=at)


def a_draft(at: datetime) -> Draft:
    by = a_person()
    assert by.acting
    draft = Draft.objects.create(entity=by.acting.entity, kind=ReportKind.OWN_OUTAGE, started_by=by, last_writer=by)
    Draft.objects.filter(pk=draft.pk).update(updated_at=at)
    return draft


def a_typed_update(at: datetime) -> UpdateDraft:
    report = a_report()
    return UpdateDraft.objects.create(report=report, person=report.filed_by, updated_at=at)


def a_delivery(at: datetime) -> Delivery:
    report = a_report()
    membership = Membership.objects.get(user=report.filed_by)
    return Delivery.objects.create(
        event=report.events.get(), person=report.filed_by, membership=membership,
        channel="email", state="sent", created_at=at,
    )  # fmt: skip


def a_notice(at: datetime) -> Notice:
    return Notice.objects.create(kind="TEAM_STALE", key=uuid.uuid4().hex, entity=an_entity(), at=at, fanned_out_at=at)


def a_desk_line(at: datetime) -> LogEntry:
    kind, by = ContentType.objects.get_for_model(User), a_person()
    return LogEntry.objects.create(user=by, content_type=kind, object_repr="منى", action_flag=CHANGE, action_time=at)


def an_old_person(role: Any = None, **fields: Any) -> User:
    person = a_person(role, **fields)
    User.objects.filter(pk=person.pk).update(created_at=ago(2000))
    return person


def one_whose_membership_ended(at: datetime) -> User:
    person = an_old_person()
    a_membership(person, role="MEMBER", status="ENDED", ended_at=at, ended_reason="انتقال")
    return person


def an_address(at: datetime) -> OutsideReader:
    reader = OutsideReader.objects.create(
        address=f"{uuid.uuid4().hex}@example.sa", office="غرفة العمليات", added_by=a_person(Role.LEAD),
        added_at=at, asked_at=at,
    )  # fmt: skip
    Delivery.objects.create(notice=a_notice(at), outside=reader, channel="email", state="sent", created_at=at)
    return reader


def an_address_that_left(at: datetime) -> OutsideReader:
    reader = an_address(at)
    OutsideReader.objects.filter(pk=reader.pk).update(confirmed_at=at, ended_at=at, ended_why="left")
    return reader


MAKERS: dict[str, Callable[[datetime], Any]] = {
    "sign_in_requests": a_request,
    "door_codes": a_used_code,
    "break_glass": a_used_access,
    "sessions": a_session,
    "drafts": a_draft,
    "update_drafts": a_typed_update,
    "deliveries": a_delivery,
    "notices": a_notice,
    "desk_log": a_desk_line,
    "outside_unconfirmed": an_address,
    "outside_ended": an_address_that_left,
    "people": one_whose_membership_ended,
}


def test_the_table_has_a_row_for_each_kind_and_a_test_for_each_row(settings: Any) -> None:
    names = {kind.name for kind in retention.KINDS}
    assert names == set(MAKERS)
    assert names | {retention.AUDIT_LOG} == set(settings.RETENTION_DAYS)


@pytest.mark.parametrize("kind", retention.KINDS, ids=lambda kind: kind.name)
def test_what_is_past_its_term_goes_and_the_rest_stays(kind: retention.Kind, settings: Any) -> None:
    days = settings.RETENTION_DAYS[kind.name]
    old, young = MAKERS[kind.name](ago(days + 2)), MAKERS[kind.name](ago(days - 2))
    assert retention.purge(kind, at=NOW, dry_run=True) == 1
    assert kind.past(ago(days)).get() == old  # a dry run changes nothing
    assert not AuditEvent.objects.filter(action="PURGE").exists()
    assert retention.purge(kind, at=NOW) == 1
    assert not kind.past(ago(days)).exists()
    assert type(young).objects.filter(pk=young.pk).exists()
    assert type(old).objects.filter(pk=old.pk).exists() == (kind.name == "people")
    line = AuditEvent.objects.get(action="PURGE")
    assert line.data == {"removed": kind.name, "rows": 1}
    assert retention.purge(kind, at=NOW) == 0  # a second run finds nothing


def test_rows_go_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for _row in range(5):
        a_request(ago(40))
    assert retention.purge(retention.KINDS[0], at=NOW) == 5
    rows = [line.data["rows"] for line in AuditEvent.objects.filter(action="PURGE").order_by("seq")]
    assert rows == [2, 2, 1]


def test_what_is_still_to_be_sent_waits() -> None:
    waiting = a_delivery(ago(800))
    Delivery.objects.filter(pk=waiting.pk).update(state="pending")
    purge()
    assert Delivery.objects.filter(pk=waiting.pk).exists()


# --- People ----------------------------------------------------------------------------------------------------
def test_a_person_is_forgotten_and_the_history_stays_whole() -> None:
    filer = an_old_person("DIRECTOR", name_ar="منى الشهري", name_en="Mona Al-Shehri")
    report = a_report(by=filer)
    Report.objects.filter(pk=report.pk).update(on_behalf_caller="منى الشهري · مدير الفريق")
    SocialAccount.objects.create(user=filer, provider="nafath", uid=filer.national_id_digest)
    AuditEvent.record(AuditEvent.Action.SIGN_IN, by=filer)
    Follow.objects.create(membership=Membership.objects.get(user=filer), report=report)
    BoardView.objects.create(person=filer, name="منى")
    Membership.objects.filter(user=filer).update(status="ENDED", ended_at=ago(731), ended_reason="انتقال منى")
    assert "people              730 days         1 rows" in purge()
    filer.refresh_from_db()
    assert (filer.mobile, filer.email, filer.national_id_last4, filer.is_active) == ("", "", "", False)
    assert filer.national_id_digest == f"gone:{filer.public_id}" and filer.forgotten_at
    assert "منى" not in filer.name_ar and "Mona" not in filer.name_en
    assert not BoardView.objects.exists()
    assert not SocialAccount.objects.exists() and not Follow.objects.exists()
    assert Membership.objects.get(user=filer).ended_reason == ""
    report.refresh_from_db()
    assert (report.on_behalf_caller, report.filed_by) == ("مدير الفريق", filer)
    call_command("verify_history", stdout=StringIO())


@pytest.mark.parametrize(
    "tie",
    [
        lambda person: a_membership(person, role="MEMBER"),
        lambda person: a_membership(person, role="MEMBER", status="SUSPENDED"),
        lambda person: a_membership(person, role="MEMBER", status="ENDED", ended_at=ago(700)),
        lambda person: a_membership(person, role="MEMBER", valid_to=ago(700).date()),
        lambda person: User.objects.filter(pk=person.pk).update(last_login=ago(10)),
    ],
    ids=["member", "suspended", "ended lately", "term over lately", "came lately"],
)
def test_whoever_still_has_a_tie_is_not_forgotten(tie: Callable[[User], Any]) -> None:
    person = one_whose_membership_ended(ago(900))
    tie(person)
    purge()
    person.refresh_from_db()
    assert person.forgotten_at is None and person.mobile


def test_an_end_without_a_date_counts_from_when_it_is_seen() -> None:
    person = an_old_person()
    membership = a_membership(person, role="MEMBER", status="ENDED")
    purge(dry_run=True)
    membership.refresh_from_db()
    assert membership.ended_at is None
    purge()
    membership.refresh_from_db()
    person.refresh_from_db()
    assert membership.ended_at and person.forgotten_at is None


# --- The security log --------------------------------------------------------------------------------------------
@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch) -> ChainHead:
    """Seven lines of one entity: five past their term, two not."""
    entity = an_entity()
    for days in (900, 800, 700, 600, 500, 20, 10):
        with monkeypatch.context() as patched:
            patched.setattr(timezone, "now", lambda days=days: ago(days))
            AuditEvent.record(AuditEvent.Action.TEAM, entity=entity, deed="CONFIRMED")
    return ChainHead.objects.get(entity=entity)


def lines_of(head: ChainHead) -> list[int]:
    return list(AuditEvent.objects.filter(entity=head.entity_id).order_by("seq").values_list("seq", flat=True))


def test_the_oldest_stretch_is_exported_and_the_chain_begins_at_its_checkpoint(
    chain: ChainHead, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MOST_LINES", 3)
    sixth = AuditEvent.objects.get(entity=chain.entity_id, seq=6)
    purge()
    assert lines_of(chain) == [6, 7, 8, 9]  # and a line for each of the two files
    chain.refresh_from_db()
    assert (chain.checkpoint_seq, chain.checkpoint_hash) == (5, sixth.prev_hash)
    first, second = sorted(settings.AUDIT_ARCHIVE_ROOT.glob("*.jsonl"))
    assert archive.follow_file(first).hash == archive._read(second).__next__().prev_hash
    assert archive.follow_file(second).hash == chain.checkpoint_hash
    said = AuditEvent.objects.get(entity=chain.entity_id, seq=9).data
    assert said == {"removed": "audit_log", "rows": 2, "until": 5, "file": second.name}
    call_command("verify_history", stdout=StringIO())
    auditor = a_person("AUDITOR")
    assert examine(chain.entity, by=auditor).broken == 0
    assert examine(chain.entity, by=auditor, most=2).broken == 0
    purge()
    assert lines_of(chain) == [6, 7, 8, 9]


def test_a_dry_run_takes_nothing_out(chain: ChainHead, settings: Any) -> None:
    assert "audit_log           365 days         5 rows" in purge(dry_run=True)
    assert lines_of(chain) == [1, 2, 3, 4, 5, 6, 7] and not settings.AUDIT_ARCHIVE_ROOT.exists()


def test_a_chain_that_is_broken_stays_for_whoever_looks_at_it(chain: ChainHead) -> None:
    with guards_lifted():
        AuditEvent.objects.filter(entity=chain.entity_id, seq=2).update(data={"deed": "RETIRED"})
    with pytest.raises(CommandError, match="number 2 is not as it was written"):
        purge()
    assert lines_of(chain) == [1, 2, 3, 4, 5, 6, 7]


def test_a_checkpoint_hides_no_line_that_was_taken_out_after_it(chain: ChainHead) -> None:
    purge()
    with guards_lifted():
        AuditEvent.objects.filter(entity=chain.entity_id, seq=6).delete()
    with pytest.raises(CommandError, match="Broken: 1"):
        call_command("verify_history", stdout=StringIO(), stderr=StringIO())


def test_an_edited_file_does_not_follow(chain: ChainHead, settings: Any) -> None:
    purge()
    (file,) = settings.AUDIT_ARCHIVE_ROOT.glob("*.jsonl")
    out = StringIO()
    call_command("verify_archive", file, stdout=out)
    chain.refresh_from_db()
    assert out.getvalue() == f"{file.name}: whole, ends with number 5 and {chain.checkpoint_hash}.\n"
    file.write_text(file.read_text().replace("CONFIRMED", "RETIRED", 1))
    with pytest.raises(CommandError, match="Broken: 1"):
        call_command("verify_archive", file, stdout=StringIO(), stderr=out)
    assert "number 1 is not as it was written" in out.getvalue()


@pytest.mark.parametrize("content", ["", "{}", "no JSON"])
def test_what_is_no_archive_is_said_to_be_none(content: str, tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text(content)
    with pytest.raises(CommandError, match="no stretch"):
        call_command("verify_archive", file)


def test_the_guard_is_up_again_afterwards(chain: ChainHead) -> None:
    purge()
    from django.db import DatabaseError, transaction

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEvent.objects.filter(entity=chain.entity_id, seq=6).delete()


@pytest.mark.wide
@postgresql
def test_only_the_owner_of_the_table_takes_lines_out(chain: ChainHead) -> None:
    with pytest.raises(CommandError, match="owns its table"):
        call_command("purge", stdout=StringIO())
