"""A story that plays in the demo while one watches: each scene is somebody's deed, done at the moment it is told.

yield 4, "…"    # wait four of the story's minutes, say what happens, then it happens
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta

from django.utils import timezone

from entities.models import DigitalService, User
from incidents import actions
from incidents.actions import Answers
from incidents.affected import affected_answers
from incidents.errors import MoveRefused
from incidents.lifecycle import ReportKind
from incidents.models import Incident, Report, SilentOutage
from outage_portal.seed import tales
from outage_portal.seed.stories import director, reviewers
from outage_portal.seed.telling import Teller

#: Minutes of the story since the scene before, and what happens now.
Scene = tuple[float, str]
#: A service on which many rely, and of which nothing is reported when the demo begins.
STAGE = "demo-e.payments"
NOTICING = ("demo-b.licensing", "demo-f.municipal-licences", "demo-g.delegations")
FOURTH = "demo-h.admission"


def play(scenes: Iterator[Scene], *, wait: Callable[[timedelta], None], say: Callable[[str], None]) -> None:
    """Play to the end. Raises MoveRefused where a visitor of the demo has done otherwise meanwhile."""
    for minutes, sentence in scenes:
        wait(timedelta(minutes=minutes))
        say(sentence)


def is_on(stage: str = STAGE) -> bool:
    """Somebody reports the service as it is, from the story's last playing or by hand."""
    entity, code = stage.split(".")
    began = timezone.now() - timedelta(hours=1)
    about = Report.objects.open_outages().filter(submitted_at__gte=began)
    return about.filter(main_service__code=code, main_service__entity__code=entity).exists() or (
        about.filter(provider_service__code=code, provider_service__entity__code=entity).exists()
    )


def silent_verification(t: Teller) -> Iterator[Scene]:
    """Payments go through and are not verified; the owner sees nothing, its consumers do (domain/lifecycle.md, A1)."""
    provider = t.services[STAGE]
    told = []
    yield 0, "The first entity finds its payments unverified and reports the service it relies on."
    told.append(_report_about(t, provider, NOTICING[0]))
    yield 4, "A second entity reports the same: the board raises a suspected outage, and the owner's team is told."
    told.append(_report_about(t, provider, NOTICING[1]))
    yield 3, "A third entity reports it; the alarm counts on."
    told.append(_report_about(t, provider, NOTICING[2]))
    owner = director(t, provider)
    yield 4, "The owner answers with one tap: its own report lies prefilled, and is sent."
    outage = _answered_with_a_report(t, provider, by=owner)
    yield 3, "A reviewer acknowledges it. The consumers' reports name it, and their teams follow its updates."
    _acknowledge(outage, by=reviewers(t)[0])
    yield 3, "A fourth entity says “we are affected too”, with one tap."
    told.append(_affected_too(t, provider))
    yield 4, "The lead opens an incident over all of them."
    incident = _lead_together(t, provider, [outage, *told])
    yield 3, "A situation report is drafted from the figures, for the lead to read and send."
    actions.prepare_situation(incident, by=t.lead())
    fault = t.words.faults["payment-callback"].told(**t.places(provider, began=timezone.now(), back=timezone.now()))
    yield 5, "The owner says what it has found."
    actions.post_update(outage, phase="identified", message=fault.identified, by=owner)
    yield 12, "The service is back, says its owner; its consumers are asked to confirm it."
    actions.restore(outage, restored_at=timezone.now(), message=fault.restored, by=owner)
    yield 5, "Two of them confirm it. The others are asked until they answer, or until a day has passed."
    for report, place in zip(told[:2], NOTICING, strict=False):
        actions.restore(report, restored_at=timezone.now(), by=director(t, t.services[place]))
    yield 1, "The incident shows what share of its services is back. From here on it is yours."


def _report_about(t: Teller, provider: DigitalService, place: str) -> Report:
    own, now = t.services[place], timezone.now()
    began = now - timedelta(minutes=6)
    row = t.words.consumed[3].told(**t.places(provider, began=began, back=now), own=own.name_ar)
    return tales.file_consumed(
        t, row, own=own, provider=provider, began=began, at=now, impact="full", by=director(t, own)
    )


def _answered_with_a_report(t: Teller, provider: DigitalService, *, by: User) -> Report:
    """The draft that the alarm prepares, sent as it lies there with a sentence of the owner's."""
    alarm = SilentOutage.objects.open().filter(service=provider).first()
    if alarm is None:
        raise MoveRefused("The alarm has ended already.")
    draft, now = actions.prepare_report(alarm, by=by), timezone.now()
    fault = t.words.faults["payment-callback"].told(**t.places(provider, began=alarm.since, back=now))
    said = {
        "impact_level": "full",
        "symptom": fault.symptom,
        "started_at": alarm.since,
        "started_at_est": True,
        "detected_at": now,
        "detection_source": "other-entity",
        "summary": fault.summary,
    }
    answers = Answers(affected=[(provider, "full")], columns=said)
    kind = ReportKind.OWN_OUTAGE
    return actions.file_report(kind=kind, entity=provider.entity, key=draft.key, answers=answers, by=by).report


def _acknowledge(report: Report, *, by: User) -> None:
    report.refresh_from_db()
    if report.acknowledged_at is None:  # a visitor may have been quicker
        actions.acknowledge(report, by=by)


def _affected_too(t: Teller, provider: DigitalService) -> Report:
    own = t.services[FOURTH]
    answers = affected_answers(provider, entity=own.entity, at=timezone.now())
    if answers is None:
        raise MoveRefused("The owner's report has ended already.")
    filed = actions.file_report(
        kind=ReportKind.CONSUMED_OUTAGE, entity=own.entity, key=uuid.uuid4(), answers=answers, by=director(t, own)
    )
    return filed.report


def _lead_together(t: Teller, provider: DigitalService, reports: list[Report]) -> Incident:
    """One incident, acknowledged; what a visitor has put under another one stays there."""
    ungrouped = Report.objects.filter(pk__in=[report.pk for report in reports], incident__isnull=True)
    incident = actions.open_incident(
        ungrouped,
        name_ar=f"مدفوعات بلا تأكيد عبر «{provider.name_ar}»",
        name_en=f"Payments unverified by {provider.name_en or provider.name_ar}",
        service=provider,
        by=t.lead(),
    )
    actions.acknowledge_incident(incident, by=t.lead())
    return incident
