"""The auditors' page: who may see it, what its filters find, what leaves it, and whether a chain is whole."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import AuditEvent, Entity, Membership, User
from entities.models.audit import Entry
from entities.permissions import Role
from outage_portal.audit import export, words
from outage_portal.audit.chains import examine
from tests.factories import a_person, an_entity, valid_id
from tests.incidents.pages import queries
from tests.test_consistency import ROOT
from tests.web_role import guards_lifted

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
Action = AuditEvent.Action


@pytest.fixture
def auditor() -> User:
    return a_person(Role.AUDITOR)


@pytest.fixture
def browser(auditor: User, client_of: ClientOf) -> Client:
    return client_of(auditor)


def shown(browser: Client, **query: Any) -> list[Any]:
    return [line.event for line in browser.get(reverse("audit_log"), query).context["lines"]]


@pytest.mark.parametrize("role", [role for role in Role if role != Role.AUDITOR])
def test_nobody_but_an_auditor_sees_the_log(client_of: ClientOf, role: Role) -> None:
    visitor = client_of(a_person(role))
    assert visitor.get(reverse("audit_log")).status_code == 403
    assert visitor.post(reverse("audit_export"), {"format": "csv"}).status_code == 403
    assert visitor.post(reverse("audit_chain"), {"entity": "dga"}).status_code == 403


def test_an_auditor_finds_the_log_in_the_navigation(browser: Client) -> None:
    assert f'href="{reverse("audit_log")}"' in browser.get(reverse("board")).content.decode()


def test_each_filter_finds_its_lines_and_no_other(browser: Client) -> None:
    mona = a_person(Role.DIRECTOR, name_ar="منى القحطاني", name_en="Mona Al-Qahtani")
    assert mona.acting is not None
    entity = mona.acting.entity
    signed = AuditEvent.record(Action.SIGN_IN, entity=entity, by=mona)
    refused = AuditEvent.record(Action.SIGN_IN_REFUSED, reason="not_registered", reference="ABCD2345")
    today = f"{timezone.localdate():%Y-%m-%d}"
    tomorrow = f"{timezone.localdate() + timedelta(days=1):%Y-%m-%d}"
    assert shown(browser) == [refused, signed]
    assert shown(browser, action="SIGN_IN") == [signed]
    assert shown(browser, entity=entity.code) == [signed]
    assert shown(browser, person="القحطاني منى") == [signed]
    assert shown(browser, person="qahtani") == [signed]
    assert shown(browser, person=str(mona.public_id)) == [signed]
    assert shown(browser, person="nobody of this name") == []
    assert shown(browser, reference="abcd2345") == [refused]
    assert shown(browser, since=today, until=today) == [refused, signed]
    assert shown(browser, since=tomorrow) == []


@pytest.mark.parametrize(
    "query",
    [
        {"action": "NONSENSE"},
        {"entity": "nowhere"},
        {"since": "1448-01-01"},
        {"since": "2026-02-02", "until": "2026-02-01"},
    ],
)
def test_a_filter_that_cannot_be_read_shows_nothing_and_says_so(browser: Client, query: dict[str, str]) -> None:
    AuditEvent.record(Action.SIGN_OUT, entity=an_entity())
    answer = browser.get("/en" + reverse("audit_log"), query)
    assert answer.context["lines"] == []
    assert "The filter cannot be read" in answer.content.decode()


def test_pages_follow_each_other_without_gap_or_repetition(browser: Client) -> None:
    AuditEvent.append(an_entity(), [Entry(Action.SIGN_OUT) for _n in range(120)])
    seen, url = [], reverse("audit_log")
    while url:
        answer = browser.get(url)
        seen += [line.event.seq for line in answer.context["lines"]]
        following = answer.context["page"]["next_url"]
        url = following and reverse("audit_log") + following
    assert seen == list(range(120, 0, -1))


def test_the_page_costs_the_same_for_ten_and_for_five_hundred_lines(browser: Client) -> None:
    entity, people = an_entity(), [a_person(Role.DIRECTOR) for _n in range(5)]
    AuditEvent.append(entity, [Entry(Action.SIGN_OUT, people[n % 5].public_id, "DIRECTOR") for n in range(10)])
    few = queries(browser, reverse("audit_log"))
    AuditEvent.append(entity, [Entry(Action.SIGN_OUT, people[n % 5].public_id, "DIRECTOR") for n in range(490)])
    assert queries(browser, reverse("audit_log")) == few <= 8


@pytest.mark.parametrize("path", ["/audit/", "/en/audit/"])
@pytest.mark.parametrize("action", list(Action))
def test_every_action_is_told_in_words(browser: Client, path: str, action: str) -> None:
    person = a_person(Role.DIRECTOR)
    assert isinstance(person.acting, Membership)
    data = {
        "reason": "membership_ended", "reference": "OUT-2026-000001", "part": "page", "deed": "APPOINTED",
        "membership": person.acting.pk, "role": "DIRECTOR", "model": "entity", "fields": ["name_ar", "password"],
        "change": "INVITED→ACTIVE", "rows": 3, "filter": {"action": "READ"}, "previous_role": "", "added": False,
        "read_at": timezone.now().isoformat(), "unheard_of": None, "amr": [],
    }  # fmt: skip
    AuditEvent.record(action, entity=person.acting.entity, by=person, **data)
    page = browser.get(path).content.decode()
    assert person.name_ar in page or person.name_en in page
    assert ("Crisis team director" if "/en/" in path else "إدارة فريق الأزمة") in page


def test_what_was_done_to_a_record_is_said_in_words(browser: Client) -> None:
    """Every code that an action writes down has its words."""
    written = "".join(path.read_text() for path in (ROOT / "incidents" / "actions").glob("*.py"))
    codes = set(re.findall(r'(?:done=|_changed\(|_audit\(\w+, |_said\((?:\w+, )?)"([a-z ]+)"', written))
    assert {"confirmed", "publication asked", "removed"} <= codes <= set(words.DONE)
    AuditEvent.record(Action.CONFIGURATION, by=a_person(Role.ADMIN), model="policy", pk="2", done="sent back")
    assert "Sent back" in browser.get("/en/audit/").content.decode()


def test_why_a_sign_in_was_refused_is_said_in_full(browser: Client) -> None:
    AuditEvent.record(Action.SIGN_IN_REFUSED, reason="membership_ended", reference="ABCD2345")
    AuditEvent.record(Action.SIGN_IN_REFUSED, reason="id_token: InvalidAudienceError", reference="ABCD2346")
    page = browser.get("/en/audit/").content.decode()
    assert "membership has ended." in page
    assert "InvalidAudienceError" in page
    assert "ABCD2345" in page


# --- Out --------------------------------------------------------------------------------------------------------


def test_the_csv_holds_what_is_filtered_and_no_formula(browser: Client, auditor: User) -> None:
    entity = an_entity()
    mona = a_person(Role.DIRECTOR, entity=entity, name_ar='=HYPERLINK("http://x")', name_en="")
    AuditEvent.record(Action.SIGN_OUT, entity=entity, by=mona)
    AuditEvent.record(Action.SIGN_OUT, entity=an_entity())
    answer = browser.post(reverse("audit_export"), {"format": "csv", "entity": entity.code})
    assert answer["Content-Disposition"].endswith('.csv"')
    assert not answer.streaming
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["entity"] for row in rows] == [entity.code]
    assert rows[0]["name"].startswith("'=")
    line = AuditEvent.objects.get(action=Action.EXPORTED)
    assert line.person == auditor.public_id
    assert line.data == {"format": "csv", "rows": 1, "filter": {"entity": entity.code}}


def test_json_lines_hold_codes_alone(browser: Client) -> None:
    mona, number = a_person(Role.DIRECTOR), valid_id()
    assert mona.acting is not None
    AuditEvent.record(Action.SIGN_OUT, entity=mona.acting.entity, by=mona, reason=f"typed {number}")
    answer = browser.post(reverse("audit_export"), {"format": "jsonl", "person": mona.name_ar})
    text = answer.content.decode()
    (line,) = [json.loads(row) for row in text.splitlines()]
    assert (line["person"], line["action"], line["role"]) == (str(mona.public_id), "SIGN_OUT", "DIRECTOR")
    assert number not in text
    assert mona.name_ar not in text
    assert AuditEvent.objects.get(action=Action.EXPORTED).data["filter"] == {"person": "…"}  # never a name


def test_an_export_is_bounded(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST_ROWS", 3)
    AuditEvent.append(an_entity(), [Entry(Action.SIGN_OUT) for _n in range(5)])
    answer = browser.post(reverse("audit_export"), {"format": "jsonl"})
    assert [json.loads(row)["seq"] for row in answer.content.decode().splitlines()] == [5, 4, 3]


def test_an_export_that_cannot_be_read_is_none(browser: Client) -> None:
    assert browser.post(reverse("audit_export"), {"format": "xlsx"}).status_code == 404
    assert browser.post(reverse("audit_export"), {"format": "csv", "since": "yesterday"}).status_code == 404
    assert not AuditEvent.objects.filter(action=Action.EXPORTED).exists()


def test_the_collector_gets_json_lines_since_a_moment(capsys: pytest.CaptureFixture[str]) -> None:
    AuditEvent.append(an_entity(), [Entry(Action.SIGN_OUT) for _n in range(3)])
    call_command("audit_lines", "--since", f"{timezone.now() - timedelta(minutes=1):%Y-%m-%dT%H:%M:%S%z}")
    assert [json.loads(row)["seq"] for row in capsys.readouterr().out.splitlines()] == [1, 2, 3]
    call_command("audit_lines", "--since", f"{timezone.localdate() + timedelta(days=1):%Y-%m-%d}")
    assert capsys.readouterr().out == ""


# --- The chain --------------------------------------------------------------------------------------------------


@pytest.fixture
def chained() -> Entity:
    entity = an_entity()
    AuditEvent.append(entity, [Entry(Action.TEAM, data={"deed": "CONFIRMED", "n": n}) for n in range(10)])
    return entity


def test_a_whole_chain_is_said_to_be_whole(browser: Client, chained: Entity) -> None:
    answer = browser.post("/en/audit/chain/", {"entity": chained.code}, follow=True)
    assert "is whole: the newest 10 of 10 lines" in answer.content.decode()
    assert answer.redirect_chain[-1][0] == f"/en/audit/?entity={chained.code}"


@pytest.mark.parametrize("tamper", ["edited", "removed", "cut"])
def test_a_broken_chain_is_named_at_its_first_broken_number(
    browser: Client, auditor: User, chained: Entity, tamper: str
) -> None:
    log = AuditEvent.objects.filter(entity=chained)
    with guards_lifted():
        if tamper == "edited":
            log.filter(seq=7).update(data={"deed": "RETIRED"})
        else:
            log.filter(seq=7 if tamper == "removed" else 10).delete()
    number = 10 if tamper == "cut" else 7
    assert examine(chained, by=auditor).broken == number
    answer = browser.post("/en/audit/chain/", {"entity": chained.code}, follow=True)
    assert f"is broken at number {number}" in answer.content.decode()


def test_a_long_chain_is_followed_from_a_bound_on(auditor: User, chained: Entity) -> None:
    found = examine(chained, by=auditor, most=4)
    assert (found.followed, found.written, found.broken) == (4, 10, 0)


def test_a_chain_without_a_line_is_said_to_be_empty(browser: Client) -> None:
    answer = browser.post("/en/audit/chain/", {"entity": an_entity().code}, follow=True)
    assert "Nothing is written in the chain" in answer.content.decode()
