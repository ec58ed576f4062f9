"""A town in which every page has something to show, and what each page is asked: by axe, and whether it is cut off.

The pages are found by walking the resolver as everybody: a new page is looked at without being named here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from axe_playwright_python.base import AXE_SCRIPT
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from playwright.sync_api import Page

from entities.models import ServiceDependency, User
from entities.permissions import AUTHORITY_ROLES, Role, permissions_of
from incidents import actions
from incidents.lifecycle import ClockKind, ReportKind
from incidents.models import CallTask, Draft, FreezePeriod, HandoverNote, OutsideReader, Policy, Report, SilentOutage
from incidents.outside import confirm_address, leave_address
from nafath_auth import break_glass
from notifications.topics import Topic
from notifications.unsubscribing import token_for
from tests.conftest import sign_in
from tests.factories import a_dependency, a_person, a_report, a_reviewer, a_service, a_shift, a_team, an_entity
from tests.incidents.policies import a_draft_policy, a_waiting_policy
from tests.journeys.conftest import DESK, PHONE, Visitor
from tests.journeys.sizes import cut_off
from tests.nafath_auth.night import nafath_down
from tests.test_urls import PATTERNS, World, arguments

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: What is in order is not described node by node: nobody reads it, and it takes longer than to find what is not.
OPTIONS = {"runOnly": TAGS, "resultTypes": ["violations"]}
#: axe no longer asks it of every id; a swap finds the first only, and a label points at another field than its own.
TWICE = "[...document.querySelectorAll('[id]')].map(e => e.id).filter((id, n, ids) => ids.indexOf(id) !== n)"
ASK_AXE = "options => axe.run(document, options).then(r => r.violations.map(v => `${v.id} ${v.nodes[0].target}`))"


#: As long as they come: a list of names may not be wider than a phone.
LONG_NAME = "General Authority for Model Industries and Model Public Works"


class Town(World):
    """The walker's world, with somebody in every role and reports in every situation."""

    people: dict[str, User]
    reports: list[Report]

    freeze: FreezePeriod
    relying: ServiceDependency  # on the entity's own service
    note: HandoverNote
    draft_policy: Policy
    waiting_policy: Policy

    @property
    def links(self) -> dict[str, str]:
        """Addresses that stand in mails, by the name of the page."""
        return {
            "unsubscribe": token_for(self.director, Topic.ELSEWHERE),
            "outside_confirm": confirm_address(self.outside),
            "outside_leave": leave_address(self.outside),
        }

    def foreign(self, name: str, argument: str) -> Any:
        if argument == "token" and (address := self.links.get(name)):
            return address.rstrip("/").rpartition("/")[2]
        if argument == "freeze":
            return self.freeze.pk
        if argument == "note":
            return self.note.pk
        if name.startswith("policy_") and name not in {"policy_page", "policy_copy"}:
            policy = self.waiting_policy if name == "policy_decision" else self.draft_policy
            return {
                "version": policy.version,
                "other": self.waiting_policy.version,
                "rule": policy.clock_rules.first().pk,  # type: ignore[union-attr]  # it has some
                "alarm_rule": policy.alarm_rules.first().pk,  # type: ignore[union-attr]
                "mark": policy.reminder_marks.first().pk,  # type: ignore[union-attr]
            }[argument]
        if (name, argument) == ("dependency_deny", "dependency"):
            return self.relying.pk
        return "summary" if (name, argument) == ("final_section", "slug") else super().foreign(name, argument)


def built(*, minutes: int = 90) -> Town:
    """`minutes` is what the policies that are not in force yet allow for a critical first notice."""
    entity = an_entity(name_ar="الجهة النموذجية أ", name_en=LONG_NAME)
    a_team(entity)
    people = {role.value: a_person(role, entity=entity) for role in Role if role not in AUTHORITY_ROLES}
    people |= {role.value: a_reviewer(role) for role in AUTHORITY_ROLES}
    director, lead = people["DIRECTOR"], people["LEAD"]
    services = [a_service(entity=entity, tier=tier) for tier in (0, 1, 2)]
    provider = a_service(tier=0)
    dependency = a_dependency(services[1], provider)
    relying = a_dependency(a_service(), services[0])
    a_dependency(services[2], services[0], strength="soft")
    a_dependency(a_service(), services[0], state="denied", denial_reason="لا ارتباط بين الخدمتين")
    reports = [a_report(by=director, service=service) for service in services]
    reports.append(a_report(ReportKind.MAINTENANCE, by=director, service=services[1]))
    reports.append(a_report(ReportKind.CONSUMED_OUTAGE, by=director, service=services[1], provider=provider))
    for answer in ("", "not-ours"):  # what others report about one of its services
        reports.append(a_report(ReportKind.CONSUMED_OUTAGE, provider=services[0]))
        if answer:
            actions.give_verdict(reports[-1], verdict=answer, note="سجلات الإرسال سليمة", by=director)
    first = reports[0]
    actions.acknowledge(first, by=lead)
    actions.post_update(first, phase="identified", message="حُصر العطل في موزّع الأحمال", by=director)
    actions.ask(first, text="متى تتوقعون العودة؟", by=lead)
    actions.restore(reports[1], restored_at=timezone.now(), by=director)
    actions.record_due_reminders(at=timezone.now() + timedelta(hours=3))
    reviewer = people["REVIEWER"]
    reviewer.memberships.update(may_break_glass=True)
    break_glass.ask(reviewer, reason="نفاذ لا يجيب", account="", by=reviewer)
    nafath_down()  # or the pages of the code door are shown to nobody
    town = Town.__new__(Town)
    town.entity, town.director, town.report = entity, director, Report.objects.get(pk=reports[1].pk)
    town.people, town.reports = people, reports
    town.attachment, town.delivery = SimpleNamespace(pk=uuid4()), SimpleNamespace(pk=uuid4())  # not pages
    town.shift = a_shift(reviewer)
    town.call = CallTask.objects.get(clock__report=first, clock__kind=ClockKind.C3)
    town.dependency, town.relying = dependency, relying
    a_shift(lead, hours=(7, 15))
    town.draft = Draft.objects.create(
        entity=entity, kind=ReportKind.OWN_OUTAGE, text={"summary": "بطء"}, started_by=director, last_writer=director
    )
    window = (timezone.localdate() + timedelta(days=13), timezone.localdate() + timedelta(days=15))
    names = {"name_ar": "إعلان نتائج الاختبارات", "name_en": "Exam results"}
    town.freeze = actions.keep_freeze(
        **names, first_day=window[0], last_day=window[1], tiers=[0, 1], by=people["ADMIN"]
    )
    # Whose service it is answers for it: the entity's own people see the page whole.
    suspected = a_service(entity=entity, tier=0)
    for _n in range(2):
        consumer = a_person()
        assert consumer.acting is not None
        its = a_service(entity=consumer.acting.entity)
        a_report(ReportKind.CONSUMED_OUTAGE, by=consumer, service=its, provider=suspected)
    town.alarm = SilentOutage.objects.get(service=suspected)
    town.incident = actions.open_incident(
        [reports[2], reports[4]], name_ar="انقطاع الربط الشبكي", name_en="Network outage", by=lead
    )
    actions.prepare_situation(town.incident, by=lead)
    town.note, town.outside = _on_the_board(first, reviewer=reviewer, lead=lead), _outside(lead)
    town.draft_policy, town.waiting_policy = a_draft_policy(minutes=minutes), a_waiting_policy(minutes=minutes)
    return town


def _outside(lead: User) -> OutsideReader:
    """One address that was confirmed, one that has left; and one whose owner has not answered."""
    offices = ("غرفة عمليات وزارة الصحة", "بريد هيئة تنظيم القطاع", "مركز العمليات الوطني")
    for of_a_town_before in OutsideReader.objects.standing():
        actions.remove_outside_reader(of_a_town_before, by=lead)
    said: dict[str, Any] = {"language": "both", "sectors": [], "by": lead}
    confirmed, left, waiting = (
        actions.add_outside_reader(address=f"ops-{lead.pk}-{n}@example.sa", office=office, **said)
        for n, office in enumerate(offices)
    )
    actions.confirm_outside_reader(confirmed.pk)
    actions.leave_outside_list(left.pk)
    return waiting


def _on_the_board(report: Report, *, reviewer: User, lead: User) -> HandoverNote:
    """Tags, saved views and a screen; and the note that tells of it all."""
    for label in ("الشبكة", "متكرر", "مزوّد خارجي", "Datacentre"):
        actions.tag(report, label=label, by=lead)
    actions.save_view(name="ما تأخر عندنا", query="late=on", shared=True, by=lead)
    actions.save_view(name="حرجة", query="severity=1", by=reviewer)
    actions.make_screen(name="غرفة العمليات", by=lead)
    return actions.draw_up_note(by=lead)


def _admits(access: Any, person: User | None) -> bool:
    """What the view declares of whom it lets in; tests/test_urls.py holds it to that."""
    if access == "public" or person is None:
        return bool(access == "public")
    assert person.acting is not None
    return bool(access == "signed_in" or permissions_of(Role(person.acting.role)) & set(access))


def pages(town: Town) -> Iterator[tuple[str, User | None, dict[str, Any]]]:
    """Each page once, as the first person who is shown it whole; who is not let in is not asked."""
    visitors: list[User | None] = [None, *(town.people[role] for role in town.people)]
    clients = {person: sign_in(Client(), person) if person else Client() for person in visitors}
    for name, pattern in sorted(PATTERNS.items()):
        if {"attachment", "delivery"} & set(arguments(pattern)):
            continue
        kwargs = {argument: town.foreign(name, argument) for argument in arguments(pattern)}
        access = pattern.callback.access  # type: ignore[attr-defined]  # declared: see tests/test_urls.py
        for person in (each for each in visitors if _admits(access, each)):
            response = clients[person].get(reverse(name, kwargs=kwargs))
            if response.streaming:
                response.close()  # a file is no page
            elif response.status_code == 405:
                break  # a deed, whoever asks
            elif response.status_code == 200 and b"<html" in response.content:
                yield name, person, kwargs
                break


def axe_objections(page: Page) -> list[str]:
    """What axe objects to on the page as it stands: the rule, and the first place."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_SCRIPT)
    return list(page.evaluate(ASK_AXE, OPTIONS))


def faults(page: Page) -> Iterator[str]:
    """What axe objects to, and what is cut off, wide and narrow; and ids that stand twice."""
    yield from (f"{page.url}: two elements are #{name}" for name in page.evaluate(TWICE))
    for width in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": 900})
        yield from (f"{page.url} at {width}: {objection}" for objection in axe_objections(page))
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if overflow > 1:
            yield f"{page.url}: {overflow} px wider than {width}"


def every_page(town: Town, visit: Callable[..., Visitor], language: str) -> list[str]:
    """What is wrong with any of them, in one language."""
    seen = 0
    found: list[str] = []
    visitors: dict[User | None, Visitor] = {}
    windows: dict[User | None, Page] = {}  # one each: to open another for every page takes longer than to load it
    for name, person, kwargs in pages(town):
        with translation.override(language):
            path = reverse(name, kwargs=kwargs)
        if person in windows:
            windows[person].goto(visitors[person].origin + path)
        else:
            visitors[person] = visit(person)
            windows[person] = visitors[person].open(path)
        found += [*faults(windows[person]), *cut_off(windows[person])]
        seen += 1
    found += [complaint for visitor in visitors.values() for complaint in visitor.complaints]
    print(f"\n{language}: {seen} pages")  # noqa: T201  # the figure is part of the proof
    assert seen > 25
    return found
