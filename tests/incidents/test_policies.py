"""The policy: read by the authority, drafted by admins, published by one who had no hand in it, never changed after."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from entities.models import AuditEvent, Notice, User
from entities.permissions import Role
from incidents import actions
from incidents.errors import MoveRefused, StalePolicy
from incidents.lifecycle import ClockKind
from incidents.models import AlarmRule, Clock, Holiday, Policy, ReminderMark, Report
from incidents.models.policy import forget_calendar
from incidents.rulebook import matrix
from incidents.rulebook.changes import changes
from incidents.rulebook.gaps import lacking
from incidents.rulebook.words import when
from notifications.actions import fan_out_new_events
from notifications.models import Delivery
from notifications.stories import path_of
from tests.factories import a_person, a_report, a_service
from tests.incidents.policies import a_draft_policy, a_waiting_policy, rule_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
STATE = Policy.State


def state(policy: Policy) -> str:
    return Policy.objects.get(pk=policy.pk).state(in_force=Policy.objects.in_force())


# --- Reading ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEAD, Role.AUDITOR])
def test_the_authority_reads_and_only_admins_change(role: Role, client_of: ClientOf) -> None:
    draft, browser = a_draft_policy(), client_of(a_person(role))
    page = browser.get("/en/policies/1/").content.decode()
    daytime = "4 hours, counted from 07:00 to 22:00 (tier 2–3)"
    for words in ("30 minutes (tier 0–1)", daytime, "5 days before", "10 days"):
        assert words in page
    assert "/copy/" not in page
    assert browser.get(f"/policies/{draft.version}/edit/").status_code == 403
    assert browser.get("/policies/").status_code == 200


def test_no_page_shows_a_length_in_raw_minutes(client_of: ClientOf) -> None:
    page = client_of(a_person(Role.ADMIN)).get("/en/policies/1/").content.decode()
    assert "14400" not in page
    assert "480" not in page


def test_the_policy_and_the_guide_say_at_which_mark_somebody_is_telephoned(client_of: ClientOf) -> None:
    rules = Policy.objects.in_force().rules
    calling = [mark for mark in rules.marks if mark.calls]
    with override("en"):
        told = matrix.telephoned(rules)
    assert told == [(label, "Overdue by as much time again") for label, _when in told]
    assert {"Next update", "Answer", "Answer to the report"} <= {label for label, _when in told}
    page = client_of(a_person(Role.REVIEWER)).get("/en/policies/1/").content.decode()
    assert page.count("and a reviewer telephones") == len(calling)
    guide = Client().get("/en/guide/").content.decode()
    assert guide.count("Overdue by as much time again") == len(calling)


def test_a_policy_that_telephones_nobody_says_nothing_of_it(client_of: ClientOf) -> None:
    draft = a_draft_policy()
    for mark in draft.reminder_marks.all():
        mark.audience = [name for name in mark.audience if name != Role.HEAD_CONTACT]
        mark.save()
    assert "telephones" not in client_of(a_person(Role.ADMIN)).get(f"/en/policies/{draft.version}/").content.decode()


def test_what_changed_is_told_in_words_and_nothing_else(client_of: ClientOf) -> None:
    draft = a_draft_policy(minutes=120)
    assert changes(Policy.objects.in_force().rules, draft.rules).count == 1
    page = client_of(a_person(Role.AUDITOR)).get(f"/en/policies/1/changes/{draft.version}/").content.decode()
    assert "<del>1 hour</del>" in page
    assert "2 hours" in page
    assert "10 days" not in page


# --- A draft is open, and two admins do not overwrite each other --------------------------------------------------
def test_whoever_read_an_older_draft_is_told_so_and_keeps_what_was_typed(client_of: ClientOf) -> None:
    draft = a_draft_policy()
    rule = rule_of(draft, "C1", severity=1)
    browser = client_of(a_person(Role.ADMIN))
    form = {"clock": "C1", "severity": 1, "number": "٤٥", "unit": "minutes", "seen": draft.edits - 1}
    answer = browser.post(f"/en/policies/{draft.version}/edit/rules/{rule.pk}/", form)
    assert answer.status_code == 409
    assert "٤٥" in answer.content.decode()
    assert f'name="seen" value="{draft.edits}"' in answer.content.decode()
    form["seen"] = draft.edits
    assert browser.post(f"/en/policies/{draft.version}/edit/rules/{rule.pk}/", form).status_code == 302
    assert rule_of(draft, "C1", severity=1).minutes == 45
    with pytest.raises(StalePolicy):
        actions.remove_row(draft, rule, seen=draft.edits, by=a_person(Role.ADMIN))


def test_a_reminder_that_comes_too_late_is_given_back_as_it_was_typed(client_of: ClientOf) -> None:
    draft = a_draft_policy()
    form = {"clock": "C3", "side": "before", "number": "٢٥", "unit": "minutes", "audience": ["DIRECTOR", "ALTERNATE"]}
    form |= {"sms_for": ["1", "2"], "seen": draft.edits - 1}
    answer = client_of(a_person(Role.ADMIN)).post(f"/policies/{draft.version}/edit/reminders/new/", form)
    assert answer.status_code == 409
    said = answer.context["form"]
    typed = {name: said[name].value() for name in ("number", "audience", "sms_for", "seen")}
    assert typed == {**{name: form[name] for name in typed}, "seen": str(draft.edits)}


def test_a_version_that_waits_or_is_published_is_closed(client_of: ClientOf) -> None:
    waiting, first = a_waiting_policy(), Policy.objects.get(version=1)
    browser, by = client_of(a_person(Role.ADMIN)), a_person(Role.ADMIN)
    for policy in (waiting, first):
        assert browser.get(f"/policies/{policy.version}/edit/").status_code == 404
        with pytest.raises(MoveRefused):
            actions.save_rule(policy, rule_of(policy, "C1", severity=1), seen=policy.edits, by=by)
        with pytest.raises(MoveRefused):
            actions.discard_policy(policy, by=by)


def test_a_draft_is_thrown_away(client_of: ClientOf) -> None:
    draft = a_draft_policy()
    assert client_of(a_person(Role.ADMIN)).post(f"/policies/{draft.version}/discard/").status_code == 302
    assert Policy.objects.count() == 1


def test_a_copy_says_why(client_of: ClientOf) -> None:
    browser = client_of(a_person(Role.ADMIN))
    assert browser.post("/policies/1/copy/", {"reason": ""}).status_code == 422
    assert browser.post("/policies/1/copy/", {"reason": "تعميم جديد"}).status_code == 302
    copy, first = Policy.objects.get(version=2), Policy.objects.get(version=1)
    assert (copy.reason, copy.based_on, copy.rules.marks) == ("تعميم جديد", 1, first.rules.marks)
    with pytest.raises(MoveRefused):
        actions.copy_policy(first, reason="لا صلاحية", by=a_person(Role.AUDITOR))


def test_two_copies_at_once_take_two_numbers() -> None:
    """Each locks the first version's row before it counts, so the second counts when the first is done."""
    with CaptureQueriesContext(connection) as captured:
        actions.copy_policy(Policy.objects.get(version=1), reason="تعميم جديد", by=a_person(Role.ADMIN))
    asked = [query["sql"] for query in captured]
    turnstile = next(n for n, sql in enumerate(asked) if 'ORDER BY "incidents_policy"."version" ASC' in sql)
    assert turnstile < next(n for n, sql in enumerate(asked) if "MAX(" in sql)
    assert connection.vendor == "sqlite" or "FOR NO KEY UPDATE" in asked[turnstile]


def test_a_draft_that_was_thrown_away_is_not_copied() -> None:
    draft = a_draft_policy()
    Policy.objects.filter(pk=draft.pk).delete()
    with pytest.raises(MoveRefused):
        actions.copy_policy(draft, reason="تعميم جديد", by=a_person(Role.ADMIN))


# --- Four eyes --------------------------------------------------------------------------------------------------
def test_one_admin_asks_and_another_publishes(client_of: ClientOf) -> None:
    author, second = a_person(Role.ADMIN), a_person(Role.ADMIN)
    draft = a_draft_policy(by=author)
    tomorrow = timezone.localtime() + timedelta(days=1)
    form = {"effective_from_date": f"{tomorrow:%Y-%m-%d}", "effective_from_time": "08:00"}
    assert client_of(author).post(f"/policies/{draft.version}/ask/", form).status_code == 302
    assert state(draft) == STATE.WAITING
    client_of(author).post(f"/policies/{draft.version}/publish/")
    assert state(draft) == STATE.WAITING
    client_of(second).post(f"/policies/{draft.version}/publish/")
    assert state(draft) == STATE.SCHEDULED
    assert Policy.objects.in_force().version == 1
    assert Policy.objects.in_force(at=timezone.now() + timedelta(days=3)).version == draft.version
    done = AuditEvent.objects.filter(action="CONFIGURATION").order_by("id").values_list("data__done", flat=True)
    assert list(done) == ["copied", "changed", "publication asked", "published"]


def test_whoever_wrote_into_it_does_not_publish_it() -> None:
    author, helper = a_person(Role.ADMIN), a_person(Role.ADMIN)
    draft = a_draft_policy(by=author)
    actions.save_rule(draft, rule_of(draft, "C1", severity=2), seen=draft.edits, by=helper)
    waiting = actions.ask_publication(draft, effective_from=timezone.now() + timedelta(days=1), by=author)
    for person in (author, helper, a_person(Role.LEAD)):
        with pytest.raises(MoveRefused):
            actions.publish_policy(waiting, by=person)
    with pytest.raises(IntegrityError), transaction.atomic():
        now = timezone.now()
        Policy.objects.filter(pk=waiting.pk).update(published_at=now, published_by=waiting.asked_by)


def test_whoever_wrote_into_a_draft_does_not_publish_its_copy() -> None:
    author, copier = a_person(Role.ADMIN), a_person(Role.ADMIN)
    draft = a_draft_policy(by=author)
    copy = actions.copy_policy(draft, reason="نسخة أخرى", by=copier)
    assert copy.editors == [str(author.public_id), str(copier.public_id)]
    published = Policy.objects.get(version=1)
    assert actions.copy_policy(published, reason="نسخة أخرى", by=copier).editors == [str(copier.public_id)]


def test_a_version_is_judged_beside_the_one_that_it_will_replace(client_of: ClientOf) -> None:
    """The second version is published for tomorrow; the third, for the day after, goes back to the first's length."""
    author, second = a_person(Role.ADMIN), a_person(Role.ADMIN)
    actions.publish_policy(a_waiting_policy(by=author), by=second)
    draft = a_draft_policy(by=author, minutes=60)
    waiting = actions.ask_publication(draft, effective_from=timezone.now() + timedelta(days=2), by=author)
    page = client_of(second).get(f"/en/policies/{waiting.version}/decision/")
    assert page.context["replaced"].version == 2
    assert "It replaces version 2" in page.content.decode()
    assert page.context["changes"].count == 1


def test_a_version_is_whole_beside_the_one_that_it_will_replace() -> None:
    """What the version of its day does not remind of, it need not remind of either."""
    author = a_person(Role.ADMIN)
    between = a_draft_policy(by=author)
    ReminderMark.objects.filter(policy=between, clock="C8").delete()
    Policy.objects.filter(pk=between.pk).update(
        published_at=timezone.now(), effective_from=timezone.now() + timedelta(days=1)
    )
    draft = a_draft_policy(by=author, minutes=70)
    ReminderMark.objects.filter(policy=draft, clock="C8").delete()
    assert lacking(draft) != []
    assert lacking(draft, at=timezone.now() + timedelta(days=2)) == []


def test_a_version_sent_back_is_a_draft_with_a_note(client_of: ClientOf) -> None:
    waiting, browser = a_waiting_policy(), client_of(a_person(Role.ADMIN))
    assert browser.post(f"/policies/{waiting.version}/send-back/", {"note": ""}).status_code == 422
    browser.post(f"/policies/{waiting.version}/send-back/", {"note": "المهلة طويلة جدًا"})
    assert state(waiting) == STATE.DRAFT
    assert "المهلة طويلة جدًا" in browser.get(f"/policies/{waiting.version}/").content.decode()


def test_a_moment_that_has_passed_is_refused() -> None:
    by, past = a_person(Role.ADMIN), timezone.now() - timedelta(minutes=1)
    with pytest.raises(MoveRefused):
        actions.ask_publication(a_draft_policy(by=by), effective_from=past, by=by)
    waiting = a_waiting_policy(by=by)
    Policy.objects.filter(pk=waiting.pk).update(effective_from=past)
    with pytest.raises(MoveRefused):
        actions.publish_policy(waiting, by=a_person(Role.ADMIN))


def test_the_other_admins_hear_that_a_version_waits() -> None:
    author, second = a_person(Role.ADMIN), a_person(Role.ADMIN)
    waiting = a_waiting_policy(by=author)
    fan_out_new_events(at=timezone.now())
    told = Delivery.objects.filter(notice__kind=Notice.Kind.POLICY_WAITS)
    assert {delivery.person for delivery in told} == {second}
    assert path_of(told[0]) == f"/policies/{waiting.version}/"


# --- What could not be lived by ------------------------------------------------------------------------------------
def test_a_draft_that_is_not_whole_is_not_asked_for() -> None:
    by = a_person(Role.ADMIN)
    draft = a_draft_policy(by=by)
    assert lacking(draft) == []
    rule_of(draft, "C2", severity=3, tier=None).delete()
    ReminderMark.objects.filter(policy=draft, clock="C8").delete()
    ReminderMark.objects.filter(policy=draft, clock="C3", code="plus-100").update(audience=["LEAD"])
    draft.severity_rules.filter(factor="threshold", key="2").update(points=9)
    assert len(lacking(draft)) == 5  # C2 of two kinds of report
    with pytest.raises(MoveRefused):
        actions.ask_publication(draft, effective_from=timezone.now() + timedelta(days=1), by=by)


def test_reminders_in_percent_and_in_minutes_are_ordered_by_when_they_come() -> None:
    """Of an update owed within an hour, twice its time is over when it is 90 minutes late: the lead knows by then."""
    draft = a_draft_policy()
    due = ReminderMark.objects.get(policy=draft, clock="C3", code="due")
    late = ReminderMark(policy=draft, clock="C3", code="plus-90m", minutes=90, audience=due.audience)
    late.save()
    [reason, *_longer] = lacking(draft)
    assert when(late.as_mark) in reason
    late.audience = ReminderMark.objects.get(policy=draft, clock="C3", code="plus-100").audience
    late.save()
    assert lacking(draft) != [], "of one owed within four hours, the rest of the ladder comes after it"


def test_a_draft_that_changes_nothing_is_not_asked_for() -> None:
    by = a_person(Role.ADMIN)
    draft = actions.copy_policy(Policy.objects.get(), reason="لا شيء", by=by)
    with pytest.raises(MoveRefused):
        actions.ask_publication(draft, effective_from=timezone.now() + timedelta(days=1), by=by)


# --- Trying it -------------------------------------------------------------------------------------------------
def test_a_report_filed_now_is_tried_under_both_versions(client_of: ClientOf) -> None:
    draft = a_draft_policy(minutes=120)
    browser = client_of(a_person(Role.REVIEWER))
    page = browser.get(f"/en/policies/{draft.version}/preview/?kind=OUT&severity=1&tier=0").content.decode()
    assert page.count("different") == 1
    assert "a report filed now at S1 on tier 0 would owe" in page
    assert browser.get(f"/en/policies/{draft.version}/preview/?kind=x&severity=9").status_code == 200


def test_last_month_is_judged_under_both_versions(client_of: ClientOf) -> None:
    last = timezone.localtime().replace(day=1, hour=12) - timedelta(days=10)
    began = last - timedelta(minutes=100)
    a_report(at=last, service=a_service(tier=0), started_at=began, detected_at=began)
    draft = a_draft_policy(minutes=120)
    page = client_of(a_person(Role.REVIEWER)).get(f"/en/policies/{draft.version}/preview/")
    first = page.context["month"].lines[0]
    assert (first.label, first.count, first.before, first.after) == ("First notice", 1, 1, 0)


def test_last_month_is_judged_by_working_hours_and_without_the_pauses(
    client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    Holiday.objects.all().delete()
    forget_calendar()
    first = (timezone.localtime() - timedelta(days=timezone.localtime().day)).replace(day=1, hour=15, minute=0)
    thursday = first + timedelta(days=(3 - first.weekday()) % 7)  # from here on: an hour, and eight on Sunday
    report = a_report(at=thursday, started_at=thursday, detected_at=thursday)
    Report.objects.filter(pk=report.pk).update(severity=4)
    clock = Clock.objects.filter(report=report, kind=ClockKind.C2)  # a working day
    browser = client_of(a_person(Role.REVIEWER))

    def late(**columns: Any) -> int:
        clock.update(started_at=thursday, **columns)
        page = browser.get("/policies/1/preview/")
        (line,) = (each for each in page.context["month"].lines if each.label == ClockKind.C2.label)
        assert (line.count, line.before) == (1, line.after)
        return int(line.after)

    assert not late(met_at=thursday + timedelta(days=2, hours=19))  # Sunday at ten
    assert late(met_at=thursday + timedelta(days=3, hours=21))  # Monday at noon
    assert not late(paused_seconds=24 * 3600)
    assert not browser.get("/policies/1/preview/").context["month"].cut
    monkeypatch.setattr("incidents.rulebook.preview.MOST", 1)
    month = browser.get("/policies/1/preview/").context["month"]
    assert month.cut and sum(line.count for line in month.lines) == 1


# --- What a migration brings ----------------------------------------------------------------------------------------
def test_the_migration_gives_the_alarm_to_the_version_in_force_and_to_those_ahead() -> None:
    now, first = timezone.now(), Policy.objects.in_force()
    tomorrow, whole = now + timedelta(days=1), actions.copy_policy(first, reason="ترقية", by=a_person(Role.ADMIN))
    older = actions.copy_policy(first, reason="ترقية", by=a_person(Role.ADMIN))
    draft, ahead = a_draft_policy(), a_draft_policy()
    Policy.objects.filter(pk__in=[older.pk, ahead.pk]).update(effective_from=tomorrow, published_at=now)
    Policy.objects.filter(pk=whole.pk).update(effective_from=tomorrow + timedelta(days=1), published_at=now)
    AlarmRule.objects.exclude(policy=whole).delete()

    publish = import_module("incidents.migrations.0025_alarms_in_every_version").publish
    for _twice in range(2):
        publish(apps, None)
        last = Policy.objects.latest("version").version

    in_force, later = Policy.objects.in_force(), Policy.objects.in_force(at=tomorrow)
    assert (in_force.based_on, later.based_on, last) == (first.version, ahead.version, later.version)
    for policy in (in_force, later, draft):
        assert policy.alarm_rules.count() == whole.alarm_rules.count()
    assert rule_of(later, "C1", severity=1).minutes == 90, "the rest is as it was"
    assert later.severity_rules.count() == first.severity_rules.count()
    assert not first.alarm_rules.exists(), "a published version stays as it is"
