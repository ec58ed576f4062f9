"""The inbox, narrowed: what still asks for something, one kind, some words; and what is marked as read with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from entities.models import Notice, User
from entities.permissions import Role
from incidents import actions
from incidents.lifecycle import ReportKind
from incidents.models import Report
from notifications.duties import NOTICE_DUTIES
from notifications.filters import ASKING, UNASKING, Chosen
from notifications.inbox import page_of
from notifications.models import Delivery
from tests.factories import a_person, a_report, a_service, an_entity
from tests.notifications.conftest import fan_out
from tests.notifications.test_recipients import Town

pytestmark = pytest.mark.django_db
In = Callable[[User], Client]


def shown(reader: User, **chosen: str) -> list[str]:
    """What the messages tell of: the deed or the kind of event, or the kind of notice."""
    groups = page_of(reader, chosen=Chosen(**chosen)).groups
    rows = [entry.delivery for group in groups for entry in group.entries]
    return sorted((each.event.move or each.event.kind) if each.event else str(each.notice.kind) for each in rows)  # type: ignore[union-attr]  # one of the two


def asked(reader: User) -> list[str]:
    fan_out()
    return shown(reader, show="asks")


# --- What asks for something ------------------------------------------------------------------------------------------


def test_a_question_asks_until_it_is_answered() -> None:
    town = Town().acknowledged()
    alternate = town.people["ALTERNATE"]
    question = actions.ask(town.report, text="متى؟", by=town.people["REVIEWER"])
    assert asked(alternate) == ["ask"]
    actions.answer(town.report, question=question.seq, text="قريبًا", by=town.people["DIRECTOR"])
    assert asked(alternate) == []
    assert "ask" in shown(alternate)


def test_a_reminder_asks_while_its_clock_runs() -> None:
    town = Town().acknowledged()
    clock = town.report.clocks.running().get(kind="C3")
    actions.record_due_reminders(at=clock.due_at)
    assert asked(town.people["ALTERNATE"]) == ["REMINDED"]
    actions.post_update(town.report, phase="identified", message="حُصر", by=town.people["DIRECTOR"])
    assert asked(town.people["ALTERNATE"]) == []


def test_a_new_report_asks_the_authority_until_it_is_acknowledged() -> None:
    town = Town()
    assert asked(town.people["SECOND"]) == ["FILED"]
    assert asked(town.people["ALTERNATE"]) == []  # a receipt
    town.acknowledged()
    assert asked(town.people["SECOND"]) == []


def test_an_owners_outage_asks_its_consumers_until_it_is_read(client_of: In) -> None:
    town = Town()
    other = town.people["OTHER"]
    assert asked(other) == ["FILED"]
    client_of(other).post(reverse("inbox_read_all"), {"show": "asks"})
    assert asked(other) == []


def test_a_consumed_outage_asks_the_provider_until_the_report_ends() -> None:
    town = Town(ReportKind.CONSUMED_OUTAGE)
    assert asked(town.people["OTHER"]) == ["FILED"]
    actions.move(town.report, "dismiss", note="ليس عطلًا", by=town.people["LEAD"])
    assert asked(town.people["OTHER"]) == []


def test_a_return_asks_the_consumer_until_she_confirms() -> None:
    town = Town(ReportKind.CONSUMED_OUTAGE).acknowledged()
    director, owner = town.people["DIRECTOR"], town.people["OTHER"]
    outage = a_report(by=owner, service=town.report.provider_service)
    actions.restore(outage, restored_at=timezone.now(), by=owner)
    actions.act_by_itself(at=timezone.now())
    assert asked(director) == ["FILED", "ask_return"]  # the owner's report as well, until it is read
    actions.restore(Report.objects.get(pk=town.report.pk), restored_at=timezone.now(), by=director)
    assert asked(director) == ["FILED"]


def test_a_notice_that_asks_for_a_deed_stands_there_and_a_mere_notice_does_not() -> None:
    person = a_person()
    assert person.acting is not None
    for kind in (Notice.Kind.TEAM_CHANGED, Notice.Kind.CORRECTION_ASKED):
        Notice.objects.create(kind=kind, key=f"x:{kind}", entity=person.acting.entity)
    leader = a_person(Role.IT_LEADER, entity=person.acting.entity)
    assert asked(leader) == ["CORRECTION_ASKED"]


def test_of_every_notice_it_is_said_whether_it_asks() -> None:
    assert sorted([*ASKING, *UNASKING]) == sorted(NOTICE_DUTIES), "say in notifications/filters.py whether it asks"


# --- Kinds and words --------------------------------------------------------------------------------------------------


@pytest.fixture
def reader() -> User:
    """An alternate with a message of each kind."""
    entity = an_entity()
    director, alternate = a_person(Role.DIRECTOR, entity=entity), a_person(Role.ALTERNATE, entity=entity)
    service = a_service(entity=entity, name_ar="منصّة الإقامة", name_en="Residence platform")
    for kind in ReportKind:
        a_report(kind, by=director, service=service)
    Notice.objects.create(kind=Notice.Kind.TEAM_CHANGED, key="x", entity=entity)
    fan_out()
    return alternate


@pytest.mark.parametrize("kind", [*ReportKind, "notices"])
def test_one_kind_is_shown_alone(reader: User, kind: str) -> None:
    groups = page_of(reader, chosen=Chosen(kind=kind)).groups
    assert [group.report.kind if group.report else "notices" for group in groups] == [kind]


@pytest.mark.parametrize(
    ("words", "found"), [("المنصه الاقامه", 0), ("منصه اقامه", 2), ("residence", 2), ("mnt-2026", 1), ("qq", 0)]
)
def test_words_are_looked_for_in_the_reference_and_the_service(reader: User, words: str, found: int) -> None:
    year = f"{timezone.localdate().year}"
    assert len(page_of(reader, chosen=Chosen(words=words.replace("2026", year))).groups) == found


def test_a_consumer_finds_what_she_was_told_of(client_of: In) -> None:
    town = Town()
    fan_out()
    answer = client_of(town.people["OTHER"]).get(reverse("inbox"), {"q": town.report.reference[-6:], "kind": "OUT"})
    assert town.report.reference in answer.content.decode()


def test_only_what_is_shown_is_marked_as_read(client_of: In, reader: User) -> None:
    browser = client_of(reader)
    answer = browser.post(reverse("inbox_read_all"), {"kind": "MNT", "show": "all", "q": ""})
    assert answer["Location"] == f"{reverse('inbox')}?kind=MNT"
    unread = Delivery.objects.visible_to(reader).unread()
    assert unread.count() == 3
    assert not unread.filter(event__report__kind="MNT").exists()
    browser.post(reverse("inbox_read_all"), {"show": "unread"})
    assert not unread.exists()


def test_a_filter_goes_with_the_refresh_the_next_page_and_the_form(client_of: In, reader: User) -> None:
    page = client_of(reader).get(reverse("inbox"), {"kind": "OUT", "q": "residence"}).content.decode()
    poll = page.split('id="inbox"')[1].split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    assert Chosen.of(QueryDict(poll.partition("?")[2])) == Chosen(kind="OUT", words="residence")
    assert 'value="residence"' in page


def test_what_the_url_says_wrongly_counts_as_not_said() -> None:
    assert Chosen.of(QueryDict("show=nowhere&kind=x&q=%00")) == Chosen()
    assert Chosen(show="asks", kind="OUT", words="س").query() == "show=asks&kind=OUT&q=%D8%B3"


@pytest.mark.parametrize("query", ["", "?show=asks", "?kind=OUT&q=residence&show=unread"])
def test_a_filter_costs_no_query_more(client_of: In, reader: User, query: str) -> None:
    browser, url = client_of(reader), reverse("inbox") + query
    browser.get(url)
    with CaptureQueriesContext(connection) as captured:
        browser.get(url)
    asked = [
        each["sql"] for each in captured if not each["sql"].startswith(("SELECT set_config", "SAVEPOINT", "RELEASE"))
    ]
    assert len(asked) <= 6
