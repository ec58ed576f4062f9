"""The silent verification, played live: alarm, the owner's tap, one more tap, one incident, and the return."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from incidents.lifecycle import ReportKind, Status
from incidents.models import Clock, Draft, Incident, Report, SilentOutage
from incidents.tasks import record_due_reminders
from outage_portal.demo.story import NOTICING, STAGE, is_on, play, silent_verification
from outage_portal.seed.telling import Teller
from tests.outage_portal.conftest import Told

pytestmark = pytest.mark.django_db


def on_stage() -> Any:
    entity, code = STAGE.split(".")
    return Report.objects.filter(provider_service__entity__code=entity, provider_service__code=code)


def test_the_story_leads_from_two_reports_to_one_incident_and_back(told: Told) -> None:
    alarms: list[int] = []

    def wait(length: timedelta) -> None:
        record_due_reminders()  # as the demo's beat does meanwhile
        alarms.append(SilentOutage.objects.open().filter(service__code="payments").count())

    before = set(on_stage().values_list("pk", flat=True))
    assert not is_on()
    play(silent_verification(Teller.at(timezone.now())), wait=wait, say=lambda sentence: None)

    assert alarms[:5] == [0, 0, 1, 1, 0], "raised by the second entity, ended by the owner's report"
    outage = Report.objects.filter(kind=ReportKind.OWN_OUTAGE, main_service__code="payments").latest("pk")
    assert not Draft.objects.filter(key=outage.key).exists()
    consumed = on_stage().exclude(pk__in=before)
    assert consumed.count() == len(NOTICING) + 1
    assert set(consumed.values_list("owner_reference", flat=True)) == {outage.reference}
    incident = Incident.objects.latest("pk")
    assert set(incident.grouped.all()) == {outage, *consumed}
    assert incident.situation_reports.get().sent_at is None
    assert consumed.filter(status=Status.RESTORED).count() == 2
    asked = Clock.objects.running().filter(kind="D3", report__in=consumed.exclude(status=Status.RESTORED))
    assert asked.count() == 2, "the others are asked whether it is back"
    assert is_on()


def test_it_plays_in_the_demo_alone_and_once_at_a_time(told: Told, settings: Any, tmp_path: Any) -> None:
    with pytest.raises(CommandError, match="make demo"):
        call_command("demo_story", "silent-verification", directory=tmp_path)
    settings.DEMO = True
    play(silent_verification(Teller.at(timezone.now())), wait=lambda length: None, say=lambda sentence: None)
    with pytest.raises(CommandError, match="already"):
        call_command("demo_story", "silent-verification", directory=tmp_path)
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="never in production"):
        call_command("demo_story", "silent-verification", directory=tmp_path)
