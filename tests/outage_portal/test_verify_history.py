"""An edited, deleted, inserted or swapped row, and a cut tail, are found and named; a whole history is not accused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from entities.chain import link
from entities.models import AuditEvent, ChainHead
from incidents import actions
from incidents.models import Report, ReportEvent
from tests import factories
from tests.web_role import guards_lifted

pytestmark = pytest.mark.django_db


def verify() -> tuple[str, str]:
    """What the command prints and what it complains of."""
    out, err = StringIO(), StringIO()
    try:
        call_command("verify_history", stdout=out, stderr=err)
    except CommandError as error:
        err.write(str(error))
    return out.getvalue(), err.getvalue()


@pytest.fixture
def report() -> Report:
    """A report of five events, between two others."""
    by = factories.a_person("DIRECTOR")
    factories.a_report(by=by)
    report = factories.a_report(by=by)
    factories.a_report(by=by)
    actions.acknowledge(report, by=factories.a_reviewer())
    for number in range(3):
        actions.post_update(report, phase="identified", message=f"update number {number}", by=by)
    return Report.objects.get(pk=report.pk)


def test_a_whole_history_is_counted(report: Report) -> None:
    out, err = verify()
    assert "7 events of 3 reports" in out and "Every chain is whole." in out
    assert not err


def edit(report: Report) -> None:
    report.events.filter(seq=3).update(data={"message": "it was never so bad"})


def backdate(report: Report) -> None:
    event = report.events.get(seq=3)
    report.events.filter(seq=3).update(recorded_at=event.recorded_at - timedelta(hours=1))


def delete(report: Report) -> None:
    report.events.filter(seq=3).delete()


def insert(report: Report) -> None:
    """A forged row, well linked to its predecessor; the next one does not follow it."""
    before = report.events.get(seq=2)
    for event in report.events.filter(seq__gte=3).order_by("-seq"):
        report.events.filter(pk=event.pk).update(seq=event.seq + 1)
    forged = ReportEvent(
        report=report, seq=3, kind="UPDATED", at=before.at, recorded_at=before.at, data={}, prev_hash=before.hash
    )
    forged.hash = link(before.hash, forged.content())
    forged.save()


def swap(report: Report) -> None:
    third, fourth = report.events.get(seq=3), report.events.get(seq=4)
    report.events.filter(pk=third.pk).update(seq=99)
    report.events.filter(pk=fourth.pk).update(seq=3)
    report.events.filter(pk=third.pk).update(seq=4)


@pytest.mark.parametrize(
    ("tamper", "where"),
    [
        (edit, "number 3 is not what was written"),
        (backdate, "number 3 is not what was written"),
        (delete, "number 3 is missing"),
        (insert, "number 4 is not what was written"),
        (swap, "number 3 is not what was written"),
    ],
)
def test_tampering_is_named_where_it_stands(report: Report, tamper: Callable[[Report], None], where: str) -> None:
    with guards_lifted():
        tamper(report)
    _out, err = verify()
    assert f"{report.reference}: {where}." in err
    assert "Broken: 1." in err


def test_a_cut_tail_is_found(report: Report) -> None:
    with guards_lifted():
        report.events.filter(seq__gte=4).delete()
    _out, err = verify()
    assert f"{report.reference}: ends with number 3 and was written to number 5." in err


def test_a_whole_history_gone_is_found(report: Report) -> None:
    with guards_lifted():
        report.events.all().delete()
        Report.objects.filter(pk=report.pk).update(event_count=0, head_hash="0" * 64)
    _out, err = verify()
    assert f"{report.reference}: has no history." in err


def test_the_stamp_of_the_fan_out_is_no_tampering(report: Report) -> None:
    report.events.filter(seq=1).update(fanned_out_at=report.submitted_at)
    _out, err = verify()
    assert not err


def test_the_audit_logs_are_walked_too(report: Report) -> None:
    entity = factories.an_entity()
    for _line in range(3):
        AuditEvent.record(AuditEvent.Action.TEAM, entity=entity, deed="CONFIRMED")
    out, err = verify()
    assert not err and "3 lines of 1 audit logs" in out
    with guards_lifted():
        AuditEvent.objects.filter(entity=entity, seq=2).update(data={"deed": "RETIRED"})
    assert f"audit log of {entity.code}: number 2 is not what was written." in verify()[1]


def test_a_cut_audit_log_is_found(report: Report) -> None:
    entity = factories.an_entity()
    for _line in range(2):
        AuditEvent.record(AuditEvent.Action.TEAM, entity=entity, deed="CONFIRMED")
    with guards_lifted():
        AuditEvent.objects.filter(entity=entity, seq=2).delete()
    assert ChainHead.objects.get(entity=entity).seq == 2
    assert "ends with number 1 and was written to number 2." in verify()[1]


def test_that_all_was_verified_is_noted_only_when_it_is_asked_for(report: Report) -> None:
    factories.a_reviewer()
    verify()
    noted = AuditEvent.objects.filter(action=AuditEvent.Action.VERIFIED)
    assert not noted.exists()
    call_command("verify_history", "--record", stdout=StringIO())
    call_command("verify_history", report.reference, "--record", stdout=StringIO())
    assert [line.data["broken"] for line in noted] == [0]
    with guards_lifted():
        report.events.filter(seq=3).update(data={"message": "it was never so bad"})
        with pytest.raises(CommandError):
            call_command("verify_history", "--record", stdout=StringIO(), stderr=StringIO())
    assert [line.data["broken"] for line in noted.order_by("seq")] == [0, 1]
