"""The board as a visitor of the demo finds it: the eight stories, and what fills it beside them, late on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from django.utils import timezone

from entities.permissions import Role
from incidents import actions
from incidents.calendar import RIYADH
from incidents.lifecycle import ReportKind, Verdict
from incidents.models import Draft, Report
from outage_portal.seed import chapters, maintenance, stories, tales
from outage_portal.seed.stories import CONSUMERS, ago, an_outage, director, reviewers
from outage_portal.seed.telling import Tale, Teller

A_WEEK = 7 * 24  # hours


def open_tales(teller: Teller) -> Iterator[Tale]:
    """Every open story; each has its own chance, so that one more changes no other."""
    day = f"{teller.now:%Y-%m-%d %H:%M}"
    for place, minutes, impact in CONSUMERS:
        yield stories.consumer_of_verification(teller.for_tale(f"{day} {place}"), place, minutes, impact)
    for tell in (*STORIES, stories.one_cause):
        yield tell(teller.for_tale(f"{day} {tell.__name__}"))


def just_filed(t: Teller) -> Tale:
    """Eight minutes old, critical, seven minutes left to acknowledge it."""
    at = yield ago(t, 8)
    an_outage(t, "load-balancer", "demo-b.licensing", impact="full", began=ago(t, 15), filed=at)


def just_noticed(t: Teller) -> Tale:
    """A consumer's report, nine minutes left to acknowledge it."""
    own, provider = t.services["demo-c.prescriptions"], t.services["demo-g.identity-query"]
    began = ago(t, 32)
    row = t.words.consumed[0].told(**t.places(provider, began=began, back=t.now), own=own.name_ar)
    at = yield ago(t, 21)
    tales.file_consumed(t, row, own=own, provider=provider, began=began, at=at, impact="partial", by=director(t, own))


def not_acknowledged(t: Teller) -> Tale:
    """Late on the authority's side."""
    at = yield ago(t, 47)
    an_outage(t, "memory-leak", "demo-e.appointments", impact="partial", began=ago(t, 60), filed=at)


def tonight(t: Teller) -> Tale:
    """Works that begin in nine hours, noted."""
    yield from _announced(t, "security-patch", "demo-e.payments", hours=9, days_before=9, noted=True)


def this_week(t: Teller) -> Tale:
    """Works in four days whose notice waits for the authority."""
    yield from _announced(t, "release", "demo-h.scholarships", hours=98, days_before=3 / 24, noted=False)


def _announced(t: Teller, code: str, place: str, *, hours: float, days_before: float, noted: bool) -> Tale:
    service = t.services[place]
    start = (t.now + timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)
    if hours > A_WEEK:  # what can wait is done at night
        start = datetime.combine(timezone.localtime(start).date(), time(1), RIYADH)
    work = t.words.works[code]
    end = start + timedelta(hours=work.hours)
    work = work.told(**t.places(service, began=start, back=end))
    at = yield t.now - timedelta(days=days_before)
    report = maintenance.file_work(t, work, service=service, start=start, end=end, at=at, by=director(t, service))
    if noted:
        at = yield t.office(at + timedelta(hours=1))
        actions.move(report, "note", at=at, by=reviewers(t)[0])


def next_week(t: Teller) -> Tale:
    """Works on a service that half the others rely on: it stands in their calendars too."""
    yield from _announced(t, "certificate-renewal", "demo-a.data-exchange", hours=24 * 9, days_before=12, noted=True)


def before_the_results(t: Teller) -> Tale:
    """Works of a day that another service needs as well."""
    yield from _announced(t, "storage-move", "demo-h.student-record", hours=24 * 10, days_before=6, noted=True)


def the_week_after(t: Teller) -> Tale:
    """Works far ahead."""
    yield from _announced(t, "dr-test", "demo-c.laboratory", hours=24 * 17, days_before=2, noted=True)


def in_progress(t: Teller) -> Tale:
    """Works that run now, within their window."""
    service = t.services["demo-f.building-permits"]
    start = ago(t, 50)
    end = start + timedelta(hours=2)
    work = t.words.works["core-network"].told(**t.places(service, began=start, back=end))
    by = director(t, service)
    at = yield t.office(start - timedelta(days=8))
    report = maintenance.file_work(t, work, service=service, start=start, end=end, at=at, by=by)
    at = yield t.office(at + timedelta(hours=1))
    actions.move(report, "note", at=at, by=reviewers(t)[1])
    at = yield start - timedelta(minutes=2)
    actions.start_window(report, at=at, by=by)
    at = yield start + timedelta(minutes=25)
    actions.post_update(report, phase="", message=work.progress, at=at, by=by)


def told_of_works(t: Teller) -> Tale:
    """A consumer notices works that were announced: the owner's answer names them."""
    own, provider = t.services["demo-b.establishments"], t.services["demo-f.building-permits"]
    began = ago(t, 44)
    row = t.words.consumed[0].told(**t.places(provider, began=began, back=t.now), own=own.name_ar)
    at = yield ago(t, 38)
    by = director(t, own)
    report = tales.file_consumed(t, row, own=own, provider=provider, began=began, at=at, impact="minor", by=by)
    at = yield ago(t, 33)
    actions.acknowledge(report, at=at, by=reviewers(t)[1])
    at = yield ago(t, 29)
    works = Report.objects.filter(kind=ReportKind.MAINTENANCE, main_service=provider).open().latest("pk")
    actions.give_verdict(
        report, verdict=Verdict.PLANNED, link=works.reference, at=at, by=director(t, provider),
        note="تنتهي النافذة خلال نحو ساعة، وتعود الخدمة تدريجيًا قبل ذلك.",
    )  # fmt: skip


def in_review(t: Teller) -> Tale:
    """A final report that waits for the authority."""
    began = ago(t, 60 * 24 * 9 + 400)
    back = began + timedelta(minutes=214)
    at = yield began + timedelta(minutes=16)
    report, fault, by = an_outage(t, "fibre-cut", "demo-g.delegations", impact="full", began=began, filed=at, back=back)
    at = yield from chapters.taken(t, report, at, late=0)
    columns = chapters.known_later(t, fault, service=report.main_service, impact="full")
    at = yield from chapters.followed(t, report, fault.updates, start=at, end=max(back, at), columns=columns, by=by)
    at = yield from chapters.restored(t, report, fault.restored, back=max(back, at), at=at, by=by)
    yield from chapters.reported(t, report, fault, at=t.office(at + timedelta(days=2)), by=by)


STORIES = (
    stories.silent_verification,
    stories.friday_upgrade,
    stories.expired_certificate,
    stories.storage_fault,
    stories.disputed_payment,
    stories.sent_back_twice,
    stories.no_team,
    stories.late_acknowledgement,
    just_filed,
    just_noticed,
    not_acknowledged,
    tonight,
    this_week,
    next_week,
    before_the_results,
    the_week_after,
    in_progress,
    told_of_works,
    in_review,
)

#: How many reports the open stories are.
OPEN_STORIES = len(STORIES) + len(CONSUMERS)


def leave_a_draft(t: Teller) -> None:
    """An unsent draft of the alternate, six minutes old; one that is there stays."""
    service = t.services["demo-a.signature"]
    alternate = t.cast.all("demo-a", Role.ALTERNATE)[0]
    if Draft.objects.filter(entity=service.entity).exists():
        return
    opened = ago(t, 6)
    text = {
        "services": [str(service.pk)], "impact_level": ["partial"], "symptom": ["slow"],
        "opened_at": [opened.isoformat()],
    }  # fmt: skip
    kind, key = ReportKind.OWN_OUTAGE, t.key()
    actions.save_draft(
        kind=kind, entity=service.entity, key=key, text=text, service=service, version=None, by=alternate
    )
    Draft.objects.filter(entity=service.entity, key=key).update(created_at=opened, updated_at=opened)
