"""A person's walk, whole: from the public home to the closed report, in both languages, with and without scripts.

Each language and each kind of browser is walked once with a mouse and once by the keys alone.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from entities.models import Entity
from entities.permissions import Role
from incidents.lifecycle import ClockKind, Status
from incidents.models import Report
from tests.factories import a_person, a_service, an_entity
from tests.journeys import steps
from tests.journeys.conftest import Visitor
from tests.journeys.hands import Hand, Keys, Mouse
from tests.journeys.person import Person
from tests.simulator_process import Simulator

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]
QUESTION, ANSWER = "متى تتوقعون عودة الخدمة؟", "خلال ساعة من الآن"
COMMENT, REPLY = "لماذا لم يصل التنبيه إلى غيره؟", "أُضيف بريد الفريق إلى التنبيه"


@pytest.fixture
def entity(portal: str, simulator: Simulator) -> Entity:
    """An entity with an IT leader and no crisis team yet, and a reviewer at the authority."""
    entity = an_entity(name_ar="الجهة النموذجية أ", name_en="Model entity A")
    leader, reviewer = simulator.personas["Fahad Al-Dosari"], simulator.personas["Saad Al-Mutairi"]
    a_person(Role.IT_LEADER, entity=entity, number=leader.national_id, name_ar=leader.name, name_en=leader.name_en)
    a_person(Role.REVIEWER, number=reviewer.national_id, name_ar=reviewer.name, name_en=reviewer.name_en)
    return entity


@pytest.mark.parametrize(
    "way",
    [("", True, Mouse), ("", False, Keys), ("/en", True, Keys), ("/en", False, Mouse)],
    ids=["ar with scripts", "ar without, by keys", "en with scripts, by keys", "en without"],
)
def test_from_the_public_home_to_the_closed_report(
    entity: Entity, simulator: Simulator, visit: Callable[..., Visitor], way: tuple[str, bool, type[Hand]]
) -> None:
    prefix, javascript, hand = way

    def somebody() -> Person:
        visitor = visit(javascript=javascript, origin=simulator.portal_origin, beside=(simulator.origin,))
        return Person(visitor, prefix, hand=hand)

    personas = simulator.personas
    ours = [a_service(entity=entity, tier=3, users_per_day=900) for _ in range(3)]
    theirs = [a_service(name_ar=name, name_en=name, tier=3) for name in ("الاستعلام عن الهوية", "منصة المدفوعات")]

    # Given an IT leader who comes by the public home, when the team is registered, then the entity may report.
    leader = somebody()
    leader.signs_in_by_card(personas["Fahad Al-Dosari"])
    khalid = personas["Khalid Al-Otaibi"]
    steps.registers_the_team(
        leader, director=khalid, alternate=personas["Mona Al-Shehri"], member=personas["Sara Al-Ghamdi"]
    )
    leader.signs_out()

    # When the director signs in with the code of the phone and files, then each receipt names what was filed.
    director = somebody()
    director.signs_in_by_code(khalid, simulator)
    outage = steps.files_an_own_outage(director, ours[0])
    pair = steps.files_a_pair(director, ours[1], because_of=theirs[0])
    consumed = steps.files_a_consumed_outage(director, theirs[1])
    works = steps.files_works_that_cannot_wait(director, ours[2])
    filed = [outage, *pair, consumed, works]
    assert [reference[:3] for reference in filed] == ["OUT", "OUT", "DEP", "DEP", "MNT"]

    # When the reviewer acknowledges and asks, then the director answers, sends an update and restores.
    reviewer = somebody()
    reviewer.signs_in_by_card(personas["Saad Al-Mutairi"])
    reviewer.opens(outage)
    reviewer.has_done("/acknowledge/")
    steps.asks(reviewer, outage, QUESTION)
    steps.answers(director, outage, QUESTION, ANSWER)
    steps.updates(director, outage, "حُصر العطل في شهادة الموزّع", phase="identified")
    steps.restores(director, outage)

    # When the works start and end, then a final report of them is owed.
    steps.does_the_works(director, works)
    assert Report.objects.get(reference=works).status == Status.COMPLETED

    # When the final report comes back with a comment, then it is answered and submitted again.
    steps.writes_the_final_report(director, outage)
    steps.submits_the_final_report(director, outage)
    steps.sends_it_back(reviewer, outage, comment=COMMENT)
    steps.answers_the_comment(director, outage, comment=COMMENT, answer=REPLY)
    steps.submits_the_final_report(director, outage)

    # When the reviewer accepts it, then the report is closed, and only what it promised is owed.
    steps.accepts_and_closes(reviewer, outage)
    closed = Report.objects.get(reference=outage)
    assert closed.status == Status.CLOSED
    assert {clock.kind for clock in closed.clocks.running()} <= {ClockKind.C9}, "corrective actions alone"

    # When both sign out, then neither the portal nor Nafath remembers them.
    director.signs_out()
    reviewer.signs_out()
    assert director.is_asked_who_she_is()
    assert [c for person in (leader, director, reviewer) for c in person.visitor.complaints] == []
