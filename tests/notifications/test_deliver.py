"""Sending: leased, sent at least once, never when it is not owed any more, and patient with gateways."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from entities.models import AuditEvent, Membership, User
from entities.permissions import Role
from incidents import actions as reports
from incidents.models import Report
from notifications import actions, batches, channels
from notifications.channels import ChannelAway, ChannelRefused, ChannelUnavailable
from notifications.models import Channel, Delivery, State
from notifications.tasks import deliver_due
from tests.factories import a_person, a_report, a_reviewer, an_entity
from tests.notifications.conftest import FakeSms, fan_out, send_all, to

pytestmark = pytest.mark.django_db


@pytest.fixture
def filed() -> Report:
    """A report whose receipt waits to be sent, by mail and by SMS."""
    report = a_report()
    fan_out()
    return report


def the(report: Report, channel: Channel = Channel.EMAIL) -> Delivery:
    return Delivery.objects.get(person=report.filed_by, channel=channel)


def message_ids() -> list[str]:
    return [str(sent.message()["Message-ID"]) for sent in mail.outbox]


def test_a_mail_and_an_sms_leave_with_the_deliverys_own_key(filed: Report, sms: FakeSms) -> None:
    deliver_due()
    assert message_ids() == [f"<{the(filed).pk}@localhost>"]
    assert [taken.id for taken in sms.taken] == [the(filed, Channel.SMS).pk]
    assert the(filed).state == the(filed, Channel.SMS).state == State.SENT
    assert the(filed).sent_at is not None


def test_nothing_is_sent_twice(filed: Report, sms: FakeSms) -> None:
    for _tick in range(3):
        send_all()
    assert (len(mail.outbox), len(sms.taken)) == (1, 1)


def test_a_lease_keeps_other_workers_away_until_it_runs_out(filed: Report) -> None:
    now = timezone.now()
    Delivery.objects.filter(pk=the(filed).pk).update(state=State.LEASED, lease_until=now + batches.LEASE)
    assert actions.deliver(the(filed).pk, at=now) is None
    assert mail.outbox == []
    assert actions.deliver(the(filed).pk, at=now + batches.LEASE + timedelta(seconds=1)) == State.SENT


def test_a_crash_between_sending_and_stamping_repeats_the_message_under_its_own_key(
    filed: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    key = the(filed).pk
    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(actions, "_stamp", crash)
        actions.deliver(key, at=timezone.now())
    assert the(filed).state == State.LEASED
    actions.deliver(key, at=timezone.now() + batches.LEASE * 2)
    assert message_ids() == [f"<{key}@localhost>"] * 2
    assert the(filed).attempts == 2


def test_a_member_removed_between_event_and_mail_hears_nothing(filed: Report, sms: FakeSms) -> None:
    Membership.objects.filter(user=filed.filed_by).update(status=Membership.Status.ENDED)
    deliver_due()
    assert mail.outbox == sms.taken == []
    assert the(filed).state == State.SUPERSEDED


def test_a_person_switched_off_hears_nothing(filed: Report) -> None:
    User.objects.filter(pk=filed.filed_by_id).update(is_active=False)
    deliver_due()
    assert mail.outbox == []


@pytest.mark.parametrize("end", ["met", "paused", "cancelled"])
def test_a_reminder_is_not_sent_once_its_clock_has_stopped(end: str, sms: FakeSms) -> None:
    report = a_report()
    reviewer = a_reviewer()
    clock = report.clocks.get(kind="C2")
    reports.record_due_reminders(at=clock.due_at)
    fan_out()
    stopped = timezone.now()
    report.clocks.filter(pk=clock.pk).update(**{f"{end}_at": stopped})
    deliver_due()
    reminders = to(reviewer, event__clock=clock).exclude(channel=Channel.IN_APP)
    assert {delivery.state for delivery in reminders} == {State.SUPERSEDED}
    assert len(reminders) == 2


def test_an_unavailable_gateway_is_tried_again_later(filed: Report, sms: FakeSms) -> None:
    sms.error = ChannelUnavailable("sms-503")
    deliver_due()
    waiting = the(filed, Channel.SMS)
    assert (waiting.state, waiting.attempts, waiting.last_error) == (State.PENDING, 1, "sms-503")
    assert timedelta(seconds=110) < waiting.next_try_at - timezone.now() < timedelta(minutes=2, seconds=25)
    sms.error = None
    assert actions.deliver(waiting.pk, at=timezone.now()) is None  # not before its time
    assert actions.deliver(waiting.pk, at=waiting.next_try_at) == State.SENT


def test_waiting_grows_to_a_quarter_of_an_hour_and_no_further() -> None:
    minutes = [actions.waiting_time(attempt) / timedelta(minutes=1) for attempt in (1, 2, 3, 4, 50)]
    for waited, least in zip(minutes, (2, 4, 8, 15, 15), strict=True):
        assert least <= waited <= least * 1.2


def test_a_message_is_given_up_after_some_three_days(filed: Report, sms: FakeSms) -> None:
    sms.error = ChannelUnavailable("sms-503")
    Delivery.objects.filter(pk=the(filed, Channel.SMS).pk).update(attempts=actions.MOST_ATTEMPTS - 1)
    deliver_due()
    assert the(filed, Channel.SMS).state == State.FAILED


def test_a_refused_message_fails_at_once_and_the_others_go_on(filed: Report, sms: FakeSms) -> None:
    sms.error = ChannelRefused("sms-400")
    deliver_due()
    assert (the(filed, Channel.SMS).state, the(filed, Channel.SMS).last_error) == (State.FAILED, "sms-400")
    assert the(filed).state == State.SENT


def test_a_gateway_that_is_away_is_asked_once_and_spared_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    class Silent:
        def send(self, message: channels.Message) -> None:
            asked.append(message.id)
            raise ChannelAway("sms-away")

    monkeypatch.setattr(channels, "_gateway", lambda path: Silent())
    for _n in range(3):
        a_report()
    send_all()
    assert len(asked) == 1
    waiting = Delivery.objects.filter(channel=Channel.SMS)
    assert {(each.state, each.attempts, each.lease_until) for each in waiting} == {(State.PENDING, 0, None)}
    assert all(each.next_try_at > timezone.now() + timedelta(seconds=20) for each in waiting)
    assert len(mail.outbox) == 3  # the other way out is open
    a_report()
    send_all()
    assert len(asked) == 1  # the next probe comes after half a minute, and what is new waits for it as well
    assert len(mail.outbox) == 4
    Delivery.objects.filter(state=State.PENDING).update(next_try_at=timezone.now())
    deliver_due()
    assert len(asked) == 2


def test_a_message_that_cannot_be_written_does_not_stop_the_others(
    filed: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(delivery: Delivery, **kwargs: Any) -> None:
        if delivery.channel == Channel.SMS:
            raise KeyError("template")
        return written(delivery, **kwargs)

    written = actions.message_for
    monkeypatch.setattr(actions, "message_for", broken)
    monkeypatch.setattr(actions.logger, "exception", lambda *args, **kwargs: None)
    deliver_due()
    assert the(filed).state == State.SENT
    assert (the(filed, Channel.SMS).state, the(filed, Channel.SMS).last_error) == (State.PENDING, "KeyError")


# --- Too much at once ---------------------------------------------------------------------------------------------


def test_after_three_sms_a_summary_comes_and_then_silence(sms: FakeSms) -> None:
    reviewer = a_reviewer()
    for _n in range(6):
        a_report()
    send_all()
    mine = [taken.text for taken in sms.taken if taken.to == reviewer.mobile]
    assert len(mine) == 4
    assert "6" in mine[-1]
    assert "OUT-" not in mine[-1]
    assert mine[-1].endswith("/inbox/")
    assert to(reviewer, channel="sms", state=State.SUPERSEDED).count() == 2
    assert to(reviewer, channel="in_app").count() == 6  # nothing is lost


def test_a_quarter_of_an_hour_later_there_is_room_again(sms: FakeSms) -> None:
    reviewer = a_reviewer()
    for _n in range(6):
        a_report()
    send_all()
    Delivery.objects.filter(state=State.SENT).update(sent_at=timezone.now() - timedelta(minutes=16))
    report = a_report()
    send_all()
    assert report.reference in [taken.text for taken in sms.taken if taken.to == reviewer.mobile][-1]


def test_receipts_are_never_folded(sms: FakeSms) -> None:
    director = a_person(entity=an_entity())
    filed = [a_report(by=director) for _n in range(8)]
    send_all()
    assert sorted(subject.split()[-1] for subject in (sent.subject for sent in mail.outbox)) == sorted(
        report.reference for report in filed
    )
    assert len([taken for taken in sms.taken if taken.to == director.mobile]) == 8


# --- The desk -----------------------------------------------------------------------------------------------------


def test_an_admin_sends_what_failed_once_more_and_on_record(filed: Report, sms: FakeSms) -> None:
    admin = a_reviewer(Role.ADMIN)
    sms.error = ChannelRefused("sms-400")
    deliver_due()
    sms.error = None
    assert actions.retry(Delivery.objects.all(), by=admin) == 1
    deliver_due()
    assert the(filed, Channel.SMS).state == State.SENT
    line = AuditEvent.objects.get(action=AuditEvent.Action.CONFIGURATION)
    assert line.person == admin.public_id


def test_what_is_held_back_waits_for_somebody_to_release_it(filed: Report, sms: FakeSms) -> None:
    Delivery.objects.exclude(channel=Channel.IN_APP).update(state=State.HELD)
    deliver_due()
    assert mail.outbox == sms.taken == []
    actions.retry(Delivery.objects.all(), by=a_reviewer(Role.ADMIN))
    deliver_due()
    assert (len(mail.outbox), len(sms.taken)) == (1, 1)


def test_filing_reaches_for_nothing_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stopped Redis, mail or SMS gateway is not noticed: a filing never opens a channel."""

    def touched(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("the filing reached outside")

    monkeypatch.setattr("socket.socket.connect", touched)
    monkeypatch.setattr(channels, "channel", touched)
    report = a_report()
    reports.acknowledge(report, by=a_reviewer())
    assert not Delivery.objects.exists()
