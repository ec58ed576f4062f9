"""What a final report asks, and what it says is lacking: the rules, without a page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from incidents.models import Report
from incidents.paper import Paper
from tests.incidents.finals import completed, restored, written

pytestmark = pytest.mark.django_db


def asked(report: Report) -> list[str]:
    return [name for section in Paper.of(report).sections for name in section.names]


def lacking(report: Report, **columns: Any) -> dict[str, str]:
    return Paper.of(written(report, **columns)).gaps


def test_a_critical_outage_is_asked_everything() -> None:
    names = asked(restored(tier=0))
    assert len(names) > 30
    assert {"timeline", "actions", "went_wrong", "mitigated_at", "third_parties", "monitoring_gap"} <= set(names)


def test_a_low_outage_is_asked_twelve_things_with_the_attestation() -> None:
    names = asked(restored(tier=3))
    assert names == [
        "executive_summary", "started_at", "detected_at", "restored_at", "downtime_minutes", "downtime_reason",
        "users_affected_final", "cause_l2", "root_cause", "resolution", "lessons", "actions",
    ]  # fmt: skip
    assert len(set(names) - {"downtime_reason"}) + 1 == 12


def test_a_clean_maintenance_on_tier_2_is_asked_eight_things_with_the_attestation() -> None:
    names = asked(completed(tier=2))
    assert len(names) + 1 == 8
    assert "root_cause" not in names


@pytest.mark.parametrize(
    "story", [{"tier": 1}, {"outcome": "partial"}, {"outcome": "rolled_back"}, {"overrun": True}], ids=str
)
def test_a_maintenance_that_was_not_clean_is_asked_more(story: dict[str, Any]) -> None:
    names = asked(completed(**story))
    assert {"actions", "lessons", "users_affected_final"} <= set(names)
    assert ("overrun_reason" in names) == bool(story.get("overrun"))
    assert ("root_cause" in names) == (story != {"tier": 1})


def test_nothing_is_lacking_in_a_whole_report() -> None:
    for report in (restored(tier=0), restored(tier=3), completed(), completed(tier=1)):
        assert lacking(report) == {}


def test_an_empty_report_lacks_every_answer_and_says_so() -> None:
    paper = Paper.of(restored(tier=0))
    assert not paper.is_whole
    assert {"executive_summary", "root_cause", "timeline", "actions"} <= set(paper.gaps)
    assert {task.state for task in paper.tasks} == {"empty"}


BEGAN = timezone.now().replace(second=0, microsecond=0) - timedelta(hours=2)
HUMAN = {"cause_l1": "human", "cause_l2": "mistake", "contributing_factors": []}
CONTRADICTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "a short summary": ({"executive_summary": "تعطل ثم عاد"}, "executive_summary"),
    "a short cause": ({"root_cause": "خطأ"}, "root_cause"),
    "blanks for an answer": ({"resolution": "   "}, "resolution"),
    "detected before the start": ({"detected_at": BEGAN - timedelta(hours=1)}, "detected_at"),
    "responded before it was detected": ({"responded_at": BEGAN + timedelta(minutes=4)}, "responded_at"),
    "restored before it was mitigated": ({"restored_at": BEGAN + timedelta(minutes=49)}, "restored_at"),
    "fixed before it was restored": ({"root_cause_fixed_at": BEGAN + timedelta(minutes=1)}, "root_cause_fixed_at"),
    "restored in the future": ({"restored_at": BEGAN + timedelta(days=2)}, "restored_at"),
    "a human error alone": (HUMAN, "contributing_factors"),
    "not found by monitoring, and no word why": ({"monitoring_gap": ""}, "monitoring_gap"),
    "from outside, and no word by whom": ({"third_parties": ""}, "third_parties"),
    "another downtime, and no word why": ({"downtime_minutes": 30}, "downtime_reason"),
    "a fix planned for no day": ({"permanent_fix": "planned"}, "permanent_fix_on"),
    "affected entities not confirmed": ({"downstream_confirmed": False}, "downstream_confirmed"),
}  # fmt: skip


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_what_does_not_fit_is_lacking(case: str) -> None:
    columns, field = CONTRADICTIONS[case]
    report = restored(tier=0, started_at=BEGAN, detected_at=BEGAN)
    assert field in lacking(report, **columns)


def test_a_human_error_asks_why_even_in_the_short_form() -> None:
    report = restored(tier=3)
    assert list(lacking(report, cause_l1="human", cause_l2="mistake", contributing_factors=[])) == [
        "contributing_factors"
    ]


def test_what_monitoring_found_and_the_entity_caused_asks_neither_gap_nor_party() -> None:
    names = asked(restored(tier=0, detection_source="monitoring", origin="own"))
    assert "monitoring_gap" not in names
    assert "third_parties" not in names


def test_the_continuity_plan_is_asked_about_where_it_was_used() -> None:
    assert "bcp_result" in asked(restored(tier=0, bcp_activated="partly"))
    assert "bcp_result" not in asked(restored(tier=0, bcp_activated="no"))


def test_an_overrun_asks_for_its_reason() -> None:
    report = completed(overrun=True)
    assert list(lacking(report)) == ["overrun_reason"]
    assert lacking(report, overrun_reason="تأخر نسخ البيانات") == {}


def test_a_critical_outage_owes_two_actions_and_four_lines_and_a_low_one_one_action() -> None:
    from incidents import actions
    from tests.incidents.finals import deeds, filer_of, rows, whole_columns

    for tier, expected in ((0, {"timeline", "actions"}), (3, set())):
        report = restored(tier=tier)
        actions.save_final(
            report, columns=whole_columns(report), timeline=rows(3), actions=deeds(1), by=filer_of(report)
        )
        assert set(Paper.of(Report.objects.get(pk=report.pk)).gaps) == expected
