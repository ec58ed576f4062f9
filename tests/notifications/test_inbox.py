"""The inbox and the bell: one's own messages, unread first, at the same price however many there are."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from entities.models import Notice, User
from entities.permissions import Role
from incidents import actions
from incidents.lifecycle import ReportKind
from incidents.models import Draft, Report
from notifications.inbox import PAGE, page_of
from notifications.models import Channel, Delivery
from tests.factories import a_membership, a_person, a_report, a_reviewer, a_service
from tests.notifications.conftest import colleague, fan_out, to
from tests.notifications.test_recipients import Town

pytestmark = pytest.mark.django_db
In = Callable[[User], Client]
HTMX = {"HX-Request": "true", "X-Background": "1"}


@pytest.fixture
def report() -> Report:
    return a_report(summary="تعذّر الدخول منذ الفجر")


@pytest.fixture
def mate(report: Report) -> User:
    """A colleague with a receipt in her inbox."""
    person = colleague(report)
    fan_out()
    return person


def more(person: User, report: Report, count: int, *, first: int = 0) -> None:
    """So many more messages of so many more events."""
    for n in range(first, first + count):
        event = report.record("REMINDED", by=None, at=timezone.now(), data={"clock": "C3"}, mark=f"n{n}")
        Delivery.objects.create(
            event=event, person=person, membership=person.acting, channel=Channel.IN_APP, state="sent",
            created_at=timezone.now() + timedelta(seconds=n),
        )  # fmt: skip
    report.save()


def page(browser: Client, query: str = "", **kwargs: object) -> str:
    return browser.get(reverse("inbox") + query, **kwargs).content.decode()  # type: ignore[arg-type]  # headers


def test_the_inbox_shows_what_was_sent_to_its_reader_and_nothing_else(
    client_of: In, mate: User, report: Report
) -> None:
    other = a_report()
    fan_out()
    shown = page(client_of(mate))
    assert report.reference in shown
    assert "وصل بلاغ جهتكم" in shown
    assert other.reference not in shown


def test_two_drafts_that_wait_are_told_apart_by_their_services(client_of: In) -> None:
    director = a_person(Role.DIRECTOR)
    assert director.acting is not None
    entity = director.acting.entity
    services = [a_service(entity=entity, tier=0, name_ar=name) for name in ("بوابة الرخص", "منصة المواعيد")]
    for service in services:
        Draft.objects.create(
            entity=entity, kind=ReportKind.OWN_OUTAGE, service=service, started_by=director, last_writer=director,
            created_at=timezone.now() - timedelta(minutes=11),
        )  # fmt: skip
    actions.remind_unsent_drafts(at=timezone.now())
    fan_out()
    shown = page(client_of(director))
    assert [shown.count(service.name_ar) for service in services] == [1, 1]


def test_who_has_two_entities_sees_those_of_the_one_she_acts_for(client_of: In, mate: User, report: Report) -> None:
    elsewhere = a_membership(mate, role=Role.MEMBER, entity=a_person().acting.entity)  # type: ignore[union-attr]  # acting
    mate.acting = elsewhere
    assert report.reference not in page(client_of(mate))
    assert Delivery.objects.unread_count(mate) == 0


def test_an_empty_inbox_says_what_will_stand_there(client_of: In) -> None:
    assert "لا تنبيهات بعد" in page(client_of(a_person()))


def test_what_tells_of_one_report_stands_together_unread_first(mate: User, report: Report) -> None:
    first = to(mate, channel=Channel.IN_APP).get()
    first.read_at = timezone.now()
    first.save()
    other = a_report(by=_acting(report.filed_by))
    actions.acknowledge(report, by=a_reviewer())
    fan_out()
    groups = page_of(mate).groups
    assert [(group.report, group.is_unread, len(group.entries)) for group in groups] == [
        (report, True, 1), (other, True, 1), (report, False, 1)
    ]  # fmt: skip


def _acting(person: User) -> User:
    person.acting = person.memberships.get()
    return person


def test_a_reader_sees_in_the_portal_what_no_mail_tells(client_of: In, mate: User, report: Report) -> None:
    actions.ask(report, text="متى تعود الخدمة؟", by=a_reviewer())
    fan_out()
    assert "متى تعود الخدمة؟" in page(client_of(mate))


def test_a_consumer_reads_the_owners_updates_and_nothing_else_that_was_written(client_of: In) -> None:
    town = Town(summary="تعطل الموزّع الرئيس").acknowledged()
    director, reviewer = town.people["DIRECTOR"], town.people["REVIEWER"]
    actions.post_update(town.report, phase="identified", message="نعمل على التحويل", by=director)
    actions.post_update(
        town.report, phase="identified", message="كلمة للهيئة وحدها", visibility="authority", by=director
    )
    actions.restore(town.report, restored_at=timezone.now(), message="سبب داخلي", by=director)
    fan_out()
    shown = page(client_of(town.people["OTHER"]))
    assert "نعمل على التحويل" in shown
    for hidden in ("تعطل الموزّع الرئيس", "كلمة للهيئة وحدها", "سبب داخلي", director.name_ar, reviewer.name_ar):
        assert hidden not in shown


def test_a_provider_is_not_told_who_reports_where_that_one_hides(client_of: In) -> None:
    town = Town(ReportKind.CONSUMED_OUTAGE, share_identity=False)
    fan_out()
    shown = page(client_of(town.people["OTHER"]))
    assert town.report.reference in shown
    assert town.report.entity.name_ar not in shown


def test_notices_stand_alone(client_of: In) -> None:
    person = a_person()
    assert person.acting is not None
    Notice.objects.create(kind=Notice.Kind.TEAM_CHANGED, key="team:x:3", entity=person.acting.entity)
    fan_out()
    browser = client_of(person)
    assert "تغيّر فريق الأزمة" in page(browser)
    delivery = to(person, channel=Channel.IN_APP).get()
    assert browser.post(reverse("inbox_open", args=[delivery.pk]))["Location"] == reverse("team")


# --- Reading --------------------------------------------------------------------------------------------------------


def test_opening_a_message_reads_all_that_its_report_has_told(client_of: In, mate: User, report: Report) -> None:
    actions.acknowledge(report, by=a_reviewer())
    a_report(by=_acting(report.filed_by))
    fan_out()
    assert Delivery.objects.unread_count(mate) == 3
    newest = to(mate, channel=Channel.IN_APP, event__report=report).latest("created_at")
    answer = client_of(mate).post(reverse("inbox_open", args=[newest.pk]))
    assert answer["Location"] == reverse("report_detail", args=[report.reference]) + f"#event-{newest.event.seq}"
    assert Delivery.objects.unread_count(mate) == 1


def test_a_look_at_the_inbox_reads_nothing(client_of: In, mate: User) -> None:
    browser = client_of(mate)
    page(browser)
    assert browser.get(reverse("inbox_open", args=[to(mate).first().pk])).status_code == 405  # type: ignore[union-attr]  # there
    assert Delivery.objects.unread_count(mate) == 1


def test_somebody_elses_message_is_not_found(client_of: In, mate: User) -> None:
    theirs = to(mate, channel=Channel.IN_APP).get()
    for key in (theirs.pk, uuid.uuid4()):
        assert client_of(a_person()).post(reverse("inbox_open", args=[key])).status_code == 404
    theirs.refresh_from_db()
    assert theirs.read_at is None


def test_everything_is_read_at_once_and_nobody_elses(client_of: In, mate: User, report: Report) -> None:
    third = colleague(report, Role.MEMBER)
    actions.acknowledge(report, by=a_reviewer())
    fan_out()
    browser = client_of(mate)
    assert browser.post(reverse("inbox_read_all"))["Location"] == reverse("inbox")
    assert Delivery.objects.unread_count(mate) == 0
    assert Delivery.objects.unread_count(third) == 1
    assert "لا تنبيهات غير مقروءة" in page(browser, "?show=unread")


# --- Refreshing -----------------------------------------------------------------------------------------------------


def test_the_list_renews_itself_and_says_nothing_while_nothing_is_new(
    client_of: In, mate: User, report: Report
) -> None:
    browser = client_of(mate)
    poll = page(browser).split('hx-get="')[-1].split('"')[0].replace("&amp;", "&")
    assert browser.get(poll, headers=HTMX).status_code == 204
    actions.acknowledge(report, by=a_reviewer())
    fan_out()
    answer = browser.get(poll, headers=HTMX)
    assert answer.status_code == 200
    assert answer.content.decode().lstrip().startswith("<section")
    assert 'hx-swap-oob="true"' in answer.content.decode()


def test_the_bell_counts_what_is_unread(client_of: In, mate: User, report: Report) -> None:
    browser = client_of(mate)
    assert browser.get(reverse("inbox_count"), {"seen": 1}, headers=HTMX).status_code == 204
    more(mate, report, 120)
    bell = browser.get(reverse("inbox_count"), {"seen": 1}, headers=HTMX).content.decode()
    assert "99+" in bell
    assert 'id="bell"' in bell


def test_a_refresh_is_not_activity(client_of: In, mate: User) -> None:
    browser = client_of(mate)
    session = browser.session
    session["seen_at"] = before = session["seen_at"] - 300
    session.save()
    browser.get(reverse("inbox_count"), headers=HTMX)
    browser.get(reverse("inbox"), headers=HTMX)
    assert browser.session["seen_at"] == before


# --- Many -----------------------------------------------------------------------------------------------------------


def test_the_inbox_asks_as_much_for_ten_messages_as_for_a_hundred(client_of: In, mate: User, report: Report) -> None:
    browser = client_of(mate)
    more(mate, report, 9)
    page(browser)  # what is kept in memory is read once
    with CaptureQueriesContext(connection) as few:
        page(browser)
    more(mate, report, 90, first=9)
    with CaptureQueriesContext(connection) as many:
        page(browser)
    assert len(many) == len(few) <= 6


def test_pages_follow_each_other_without_a_gap_or_an_overlap(mate: User, report: Report) -> None:
    more(mate, report, 2 * PAGE + 5)
    to(mate, channel=Channel.IN_APP).filter(event__mark__in=["n3", "n40", "n60"]).update(read_at=timezone.now())
    seen: list[Delivery] = []
    after = ""
    while True:
        shown = page_of(mate, after=after)
        seen += [entry.delivery for group in shown.groups for entry in group.entries]
        if not (after := shown.after):
            break
    assert len(seen) == len({delivery.pk for delivery in seen}) == 2 * PAGE + 6
    assert [delivery.read_at is None for delivery in seen] == sorted((d.read_at is None for d in seen), reverse=True)


@pytest.mark.parametrize("cursor", ["nonsense", "W10:abc", "x" * 3000, "%00"])
def test_a_cursor_that_somebody_made_up_begins_at_the_top(
    client_of: In, mate: User, report: Report, cursor: str
) -> None:
    answer = client_of(mate).get(reverse("inbox"), {"after": cursor.replace("%00", ""), "show": "nowhere"})
    assert report.reference in answer.content.decode()


def test_a_person_who_has_not_chosen_an_entity_is_led_to_the_choice(client_of: In) -> None:
    answer = client_of(a_person(None)).get(reverse("inbox"))
    assert answer["Location"] == reverse("choose_entity")
