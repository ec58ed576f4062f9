"""Quiet hours put off what can wait; what has waited, and what is too much at once, comes as one mail that lists it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db.models import QuerySet
from django.utils import timezone

from entities.models import User
from entities.permissions import Role
from incidents import actions as reports
from incidents.calendar import RIYADH
from incidents.models import Report
from notifications import actions, batches, channels, health, messages
from notifications.channels import ChannelRefused, ChannelUnavailable, Email
from notifications.digests import is_receipt
from notifications.models import Channel, Delivery, Preference, State
from notifications.preferences import end_of_quiet
from notifications.tasks import deliver_due
from tests.factories import a_dependency, a_person, a_report, a_reviewer, a_service, an_entity
from tests.notifications.conftest import FakeSms, fan_out, send_all, to

pytestmark = pytest.mark.django_db


def quiet(person: User) -> datetime:
    """From an hour ago for two hours; returns their end."""
    now = timezone.localtime().replace(second=0, microsecond=0)
    start, end = now - timedelta(hours=1), now + timedelta(hours=1)
    Preference.objects.create(person=person, quiet_from=start.time(), quiet_until=end.time())
    return end


@pytest.fixture
def director() -> User:
    return a_person(Role.DIRECTOR, entity=an_entity())


def lesser(by: User) -> Report:
    """At S4: its next update is owed on the next working day, or in some days."""
    assert by.acting is not None
    report = a_report(by=by, service=a_service(entity=by.acting.entity, tier=3), impact="minor")
    assert report.severity == 4
    report.clocks.update(due_at=timezone.now() + timedelta(days=2))
    return report


def mails(person: User) -> list[Any]:
    return [sent for sent in mail.outbox if sent.to == [person.email]]


def waiting(person: User) -> set[str]:
    return set(to(person, gathers_until__isnull=False, state=State.PENDING).values_list("channel", flat=True))


@pytest.mark.parametrize(
    ("start", "end", "now", "until"),
    [
        ("22:00", "06:00", "23:30", "+1 06:00"),
        ("22:00", "06:00", "05:59", "+0 06:00"),
        ("22:00", "06:00", "06:00", ""),
        ("22:00", "06:00", "21:59", ""),
        ("13:00", "15:00", "13:00", "+0 15:00"),
        ("13:00", "15:00", "15:00", ""),
    ],
)
def test_quiet_hours_may_go_past_midnight(start: str, end: str, now: str, until: str) -> None:
    wish = Preference(quiet_from=time.fromisoformat(start), quiet_until=time.fromisoformat(end))
    day = datetime(2026, 3, 1, tzinfo=RIYADH)
    at = datetime.combine(day, time.fromisoformat(now), RIYADH)
    days, _space, hour = until.partition(" ")
    wanted = datetime.combine(day + timedelta(days=int(days)), time.fromisoformat(hour), RIYADH) if until else None
    assert end_of_quiet(wish, at=at) == wanted


# --- What waits -----------------------------------------------------------------------------------------------------


def test_what_others_do_at_s4_waits_until_the_end_and_the_inbox_does_not(director: User) -> None:
    report = lesser(director)
    end = quiet(director)
    reports.acknowledge(report, by=a_reviewer())
    send_all()
    late = to(director, event__data__move="acknowledge", channel=Channel.EMAIL).get()
    assert (late.state, late.next_try_at, late.gathers_until) == (State.PENDING, end, end)
    assert to(director, event__data__move="acknowledge", channel=Channel.IN_APP).get().state == State.SENT


def test_a_receipt_does_not_wait(director: User) -> None:
    quiet(director)
    lesser(director)
    send_all()
    assert len(mails(director)) == 1


def test_at_s1_nothing_waits(director: User) -> None:
    assert director.acting is not None
    quiet(director)
    report = a_report(by=director, service=a_service(entity=director.acting.entity, tier=0))
    reports.acknowledge(report, by=a_reviewer())
    send_all()
    assert len(mails(director)) == 2


@pytest.mark.parametrize(("minutes", "waits"), [(30, False), (300, True)])
def test_a_reminder_waits_only_if_it_falls_due_after_the_end(director: User, minutes: int, waits: bool) -> None:
    report = lesser(director)
    fan_out()
    quiet(director)
    now = timezone.now()
    clock = report.clocks.get(kind="C3")
    report.clocks.filter(pk=clock.pk).update(due_at=now + timedelta(minutes=minutes), next_mark_at=now)
    reports.record_due_reminders(at=now + timedelta(minutes=minutes) - timedelta(minutes=9))
    fan_out()
    assert ("email" in waiting(director)) is waits


def test_a_question_to_be_answered_within_the_quiet_hours_does_not_wait(director: User) -> None:
    report = lesser(director)
    quiet(director)
    reports.ask(report, text="متى تعود؟", urgent=True, by=a_reviewer())
    report.clocks.filter(kind="C4").update(due_at=timezone.now() + timedelta(minutes=59))
    fan_out()
    assert waiting(director) == set()


def test_what_waits_for_the_morning_raises_no_alarm(director: User) -> None:
    report = lesser(director)
    quiet(director)
    reports.acknowledge(report, by=a_reviewer())
    send_all()
    Delivery.objects.update(created_at=timezone.now() - timedelta(minutes=30))
    Delivery.objects.filter(state=State.PENDING, gathers_until__isnull=True).update(state=State.SENT)
    assert waiting(director) == {"email"}
    assert not health.deliveries_are_stuck()
    Delivery.objects.filter(state=State.PENDING).update(gathers_until=timezone.now() - timedelta(minutes=11))
    assert health.deliveries_are_stuck()


# --- The one mail ---------------------------------------------------------------------------------------------------


@pytest.fixture
def three_waiting(director: User) -> list[Report]:
    """Three acknowledgements wait, and the quiet hours are over."""
    filed = [lesser(director) for _n in range(3)]
    send_all()
    Delivery.objects.filter(state=State.SENT).update(sent_at=timezone.now() - timedelta(hours=1))
    mail.outbox.clear()
    quiet(director)
    for report in filed:
        reports.acknowledge(report, by=a_reviewer())
    send_all()
    assert mails(director) == []
    now = timezone.now()
    to(director, gathers_until__isnull=False).update(gathers_until=now, next_try_at=now)
    return filed


def test_what_has_waited_comes_as_one_mail_that_lists_it(director: User, three_waiting: list[Report]) -> None:
    deliver_due()
    (digest,) = mails(director)
    html = str(digest.alternatives[0][0])
    for report in three_waiting:
        for text in (digest.body, html):
            assert text.count(report.reference) >= 4  # named and linked, in both languages
    assert "Report acknowledged" in digest.body
    assert "3 تنبيهات" in digest.subject
    assert html.index('<div lang="ar" dir="rtl">') < html.index('<div lang="en" dir="ltr">')
    told = to(director, channel=Channel.EMAIL, event__data__move="acknowledge")
    sent = told.get(state=State.SENT)
    assert str(digest.message()["Message-ID"]) == f"<{sent.pk}@localhost>"
    assert {(each.state, each.told_in_id) for each in told.exclude(pk=sent.pk)} == {(State.SUPERSEDED, sent.pk)}


def test_one_that_has_waited_alone_comes_as_itself(director: User, three_waiting: list[Report]) -> None:
    to(director, event__report__in=three_waiting[1:], state=State.PENDING).delete()
    deliver_due()
    (only,) = mails(director)
    assert only.subject.endswith(three_waiting[0].reference)


@pytest.fixture
def failures(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """What the next mails fail with, in turn; afterwards they leave as ever."""
    errors: list[BaseException] = []
    send = Email.send

    def failing(self: Email, message: channels.Message) -> None:
        if errors:
            raise errors.pop(0)
        send(self, message)

    monkeypatch.setattr(Email, "send", failing)
    return errors


def acknowledgements(person: User) -> QuerySet[Delivery]:
    return to(person, channel=Channel.EMAIL, event__data__move="acknowledge").order_by("created_at")


@pytest.mark.parametrize("error", [ChannelUnavailable("smtp-451"), ChannelRefused("smtp-554")])
def test_a_digest_that_cannot_be_sent_gives_back_what_it_took_to_be_told_later(
    director: User, three_waiting: list[Report], failures: list[BaseException], error: Exception
) -> None:
    failures.append(error)
    deliver_due()
    deliver_due()  # not once a member at once
    first, *others = acknowledgements(director)
    assert (mails(director), first.attempts, failures) == ([], 1, [])
    for each in others:
        assert (each.state, each.told_in_id, each.attempts) == (State.PENDING, None, 0)
        assert timedelta(minutes=1) < each.next_try_at - timezone.now() < timedelta(minutes=3)
    assert actions.deliver(others[0].pk, at=timezone.now() + timedelta(minutes=3)) == State.SENT
    assert len(mails(director)) == 1


def test_a_sender_that_dies_in_a_digest_repeats_it_under_its_own_key(
    director: User, three_waiting: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dying, pytest.raises(KeyboardInterrupt):
        dying.setattr(actions, "gathered", _dying(actions.gathered))
        deliver_due()
    first, *others = acknowledgements(director)
    assert {each.state for each in (first, *others)} == {State.LEASED}
    later = timezone.now() + batches.LEASE * 2
    for each in others:  # whoever is tried first
        assert actions.deliver(each.pk, at=later) is None
    assert actions.deliver(first.pk, at=later) == State.SENT
    assert [str(sent.message()["Message-ID"]) for sent in mails(director)] == [f"<{first.pk}@localhost>"] * 2
    assert mails(director)[0].body == mails(director)[1].body
    assert {(each.state, each.told_in_id) for each in acknowledgements(director)[1:]} == {(State.SUPERSEDED, first.pk)}


def _dying(gathered: Any) -> Any:
    """As a process that is killed after it has sent, and stamps nothing."""

    @contextmanager
    def killed(*args: Any, **kwargs: Any) -> Iterator[list[Delivery]]:
        with gathered(*args, **kwargs) as others:
            taken = list(Delivery.objects.filter(state=State.LEASED).values("pk", "lease_until", "told_in"))
            yield others
        for row in taken:
            Delivery.objects.filter(pk=row.pop("pk")).update(state=State.LEASED, **row)
        raise KeyboardInterrupt

    return killed


def test_what_a_dead_sender_told_is_free_once_the_other_one_is_settled(
    director: User, three_waiting: list[Report]
) -> None:
    first, second, _third = acknowledgements(director)
    past = timezone.now() - timedelta(seconds=1)
    acknowledgements(director).filter(pk=second.pk).update(state=State.LEASED, lease_until=past, told_in=first)
    assert second not in Delivery.objects.due(at=timezone.now())
    acknowledgements(director).filter(pk=first.pk).update(state=State.FAILED)
    assert second in Delivery.objects.due(at=timezone.now())


def test_one_that_cannot_be_written_fails_alone(
    director: User, three_waiting: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = acknowledgements(director)[1].pk
    story_of = messages.story_of

    def story(delivery: Delivery, *, at: datetime) -> Any:
        if delivery.pk == broken:
            raise KeyError("move")
        return story_of(delivery, at=at)

    monkeypatch.setattr(messages, "story_of", story)
    deliver_due()
    (digest,) = mails(director)
    assert [report.reference in digest.body for report in three_waiting] == [True, False, True]
    alone = acknowledgements(director).get(pk=broken)
    assert (alone.state, alone.last_error, alone.attempts) == (State.PENDING, "KeyError", 1)


# --- Too much at once -----------------------------------------------------------------------------------------------


def test_after_five_mails_the_rest_comes_as_one_and_later_ones_wait_for_room(sms: FakeSms) -> None:
    reviewer = a_reviewer()
    for _n in range(9):
        a_report()
    send_all()
    single, digest = mails(reviewer)[:5], mails(reviewer)[5:]
    assert all("OUT-" in sent.subject for sent in single)
    assert [sent.subject.split()[0] for sent in digest] == ["4"]
    a_report()
    send_all()
    assert len(mails(reviewer)) == 6
    late = to(reviewer, channel=Channel.EMAIL, state=State.PENDING).get()
    assert late.gathers_until is not None
    assert timedelta(minutes=9) < late.gathers_until - timezone.now() <= timedelta(minutes=10)
    assert late.attempts == 0


def test_receipts_take_no_room_from_what_is_told_of_others(director: User, sms: FakeSms) -> None:
    filed = [lesser(director) for _n in range(6)]
    send_all()
    reports.acknowledge(filed[0], by=a_reviewer())
    send_all()
    assert "Report acknowledged" in mails(director)[-1].body
    assert len(mails(director)) == 7
    others = set(Delivery.objects.besides_receipts().values_list("pk", flat=True))
    assert others == {each.pk for each in Delivery.objects.with_story() if not is_receipt(each)}
    assert Delivery.objects.count() - len(others) == 12


def test_a_window_told_in_a_digest_keeps_its_calendar_file() -> None:
    service, own = a_service(), a_service()
    consumer, owner = a_person(Role.DIRECTOR, entity=own.entity), a_person(Role.DIRECTOR, entity=service.entity)
    a_dependency(own, service)
    windows = [a_report("MNT", by=owner, service=service) for _n in range(2)]
    fan_out()
    to(consumer, channel=Channel.EMAIL).update(gathers_until=timezone.now() - timedelta(seconds=1))
    deliver_due()
    (digest,) = mails(consumer)
    assert sorted(name for name, _content, _kind in digest.attachments) == [f"{each.reference}.ics" for each in windows]
