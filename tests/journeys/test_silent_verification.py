"""The owner sees nothing, its consumers do: from two reports to one incident and back, walked by five people.

In Arabic, with scripts. The sweep and the fan-out run where the portal's beat would run them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from entities.models import DigitalService
from entities.permissions import Role
from incidents.lifecycle import ReportKind, Status
from incidents.models import Incident, Report, SilentOutage
from incidents.tasks import record_due_reminders
from notifications.models import Channel, Delivery
from notifications.tasks import fan_out
from tests.factories import a_dependency, a_person, a_reviewer, a_service, a_team
from tests.journeys import steps
from tests.journeys.conftest import PHONE, Visitor
from tests.journeys.person import Person

pytestmark = [pytest.mark.wide, pytest.mark.django_db(transaction=True)]
RELYING = 34
FOUND = "تأخر الرد من خادم المطابقة، ويُعاد تشغيله الآن"


@dataclass
class Cast:
    """Whose service it is, who relies on it, and who looks on."""

    verification: DigitalService
    owner: Person
    services: list[DigitalService]  # the consumers' own, in their order
    consumers: list[Person]  # the fourth reports nothing by itself
    lead: Person

    def reports(self, number: int) -> str:
        """A consumer reports the verification, and the service of its own that stops without it."""
        return steps.files_a_consumed_outage(self.consumers[number], self.verification, ours=self.services[number])


@pytest.fixture
def cast(visit: Callable[..., Visitor]) -> Cast:
    verification = a_service(name_ar="التحقق من الهوية", name_en="Verification", tier=0)
    relying = [a_service(tier=2) for _n in range(RELYING)]
    for service in relying:
        a_dependency(service, verification)

    def director(service: DigitalService, **window: object) -> Person:
        a_team(service.entity)
        return Person(visit(a_person(Role.DIRECTOR, entity=service.entity), **window))

    phone = {"width": PHONE, "has_touch": True, "is_mobile": True}
    consumers = [director(service) for service in relying[:3]] + [director(relying[3], **phone)]
    lead = Person(visit(a_reviewer(Role.LEAD)))
    return Cast(verification, director(verification), relying[: len(consumers)], consumers, lead)


def a_minute_passes() -> None:
    """What the beat does meanwhile."""
    record_due_reminders()
    fan_out()


def test_two_reports_raise_the_alarm_and_one_incident_leads_all_of_them_back(cast: Cast) -> None:
    board = cast.lead.page
    alarms = board.locator("#board-alarms")

    # Given one consumer that reports the verification, then nothing is suspected yet.
    cast.lead.goes("/board/")
    first = cast.reports(0)
    a_minute_passes()
    expect(alarms).to_be_hidden()

    # When a second one reports it, then the board that stands open raises it with its reason, and the owner is told.
    second = cast.reports(1)
    a_minute_passes()
    board.evaluate("htmx.trigger('#board-poll', 'refresh')")
    expect(alarms).to_contain_text(f"اشتباه بانقطاع: 2 من أصل {RELYING} من الجهات")
    expect(alarms).to_contain_text("أبلغت عنه جهتان، ولم تبلّغ الجهة المالكة عن شيء")
    cast.owner.goes("/inbox/")
    cast.owner.sees(cast.verification.name_ar)
    told = Delivery.objects.filter(notice__service=cast.verification)
    assert set(told.values_list("channel", flat=True)) == {Channel.IN_APP, Channel.EMAIL, Channel.SMS}
    third = cast.reports(2)

    # When the owner answers with one tap, then its own report lies prefilled; what it alone knows, it says.
    outage = _answers_with_a_report(cast.owner, cast.verification)
    a_minute_passes()
    board.evaluate("htmx.trigger('#board-poll', 'refresh')")
    expect(alarms).to_be_hidden()

    # Then the consumers' reports name it, and their teams hear what the owner says of it.
    steps.updates(cast.owner, outage, FOUND, phase="identified")
    a_minute_passes()
    for consumer, reference in zip(cast.consumers, (first, second, third), strict=False):
        consumer.opens(reference)
        consumer.sees(outage)
        consumer.goes("/inbox/")
        consumer.sees(FOUND)

    # When a fourth entity is affected too, then one tap on its home says so.
    fourth = _says_that_it_is_affected_too(cast.consumers[3])

    # When the lead opens an incident over them all, then one acknowledgement takes them, and its situation is written.
    references = [outage, first, second, third, fourth]
    incident = _leads_together(cast.lead, first, references)
    assert set(incident.grouped.values_list("reference", flat=True)) == set(references)
    assert not Report.objects.filter(acknowledged_at__isnull=True).exists()
    cast.lead.presses("/situation/")
    expect(board.locator('[name="text_ar"]')).to_have_value(re.compile("البلاغات: 5؛ الجهات: 5"))
    expect(board.locator('[name="text_en"]')).to_have_value(re.compile("Reports: 5; entities: 5; still down: 5"))

    # When the owner's service is back, then its consumers are asked, and the first says that it works.
    steps.restores(cast.owner, outage)
    a_minute_passes()
    cast.consumers[0].opens(first)
    back = cast.consumers[0].page.locator("#return")
    expect(back).to_be_visible()
    back.locator('input[name="restored_at"]').first.check(force=True)
    cast.consumers[0].has_done("/restore/")
    assert Report.objects.get(reference=first).status == Status.RESTORED
    cast.consumers[1].opens(second)
    expect(cast.consumers[1].page.locator("#return")).to_be_visible()
    cast.lead.goes(f"/incidents/{incident.reference}/")
    expect(board.locator('[aria-labelledby="recovery-title"] progress').first).to_have_attribute("value", "1")
    people = [cast.owner, cast.lead, *cast.consumers]
    assert [each for person in people for each in person.visitor.complaints] == []


# --- What they do ---------------------------------------------------------------------------------------------------
def _answers_with_a_report(owner: Person, service: DigitalService) -> str:
    """One tap on the alarm's page; its own report lies there with service, times and symptom."""
    owner.goes("/")
    owner.page.locator('main a[href*="/alarms/"]').click()
    owner.presses("/report/")
    for name, value in (("services", service.pk), ("symptom", "integration")):
        expect(owner.page.locator(f'input[name="{name}"][value="{value}"]')).to_be_checked()
    expect(owner.page.locator('[name="started_at_time"]')).to_have_value(re.compile(r"\d\d:\d\d"))
    owner.chooses(impact_level="full", cyber_suspected="no")
    return steps.sends(owner)[0]


def _says_that_it_is_affected_too(consumer: Person) -> str:
    """On a phone, from its home: one tap, nothing typed, and the receipt is there."""
    consumer.goes("/")
    consumer.form("/reports/affected-too/").locator("button").tap()
    consumer.page.wait_for_url(re.compile("/receipt/"))
    report = Report.objects.latest("pk")
    assert (report.kind, report.affected.get().impact) == (ReportKind.CONSUMED_OUTAGE, "full")
    expect(consumer.page.locator(".receipt .ref").first).to_have_text(report.reference)
    return report.reference


def _leads_together(lead: Person, first: str, references: list[str]) -> Incident:
    """From the alarm that has ended: the others are suggested with their reason, and one press takes them all."""
    lead.goes(f"/alarms/{SilentOutage.objects.get().pk}/")
    lead.follows(f"/incidents/new/?report={first}")
    offered = lead.page.locator('input[name="reports"]')
    expect(offered).to_have_count(len(references))
    for box in offered.all():
        box.check(force=True)
    lead.page.locator("main form .card__foot button[type=submit]").click()
    lead.page.wait_for_url(re.compile(r"/incidents/INC-"))
    lead.has_done("/acknowledge/")
    return Incident.objects.get()
