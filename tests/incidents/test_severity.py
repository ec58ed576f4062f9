"""How bad it is: points, floors and caps of domain/lifecycle.md."""

import pytest
from django.utils import translation

from incidents.defaults import SEVERITY_RULES
from incidents.severity import Facts, Impact, Severity, Weights, assess, worst

WEIGHTS = Weights(
    points={(factor, key): points for factor, key, points in SEVERITY_RULES if factor != "threshold"},
    thresholds={int(key): points for factor, key, points in SEVERITY_RULES if factor == "threshold"},
)
F, M, P, N = Impact.FULL, Impact.MAJOR, Impact.PARTIAL, Impact.MINOR


@pytest.mark.parametrize(
    ("facts", "severity", "points"),
    [
        (Facts(tier=0, impact=F), 1, 7),  # floor: a national service in full outage
        (Facts(tier=0, impact=M), 1, 6),
        (Facts(tier=0, impact=P), 2, 5),  # floor: at least S2
        (Facts(tier=0, impact=N), 3, 4),
        (Facts(tier=1, impact=F), 2, 6),
        (Facts(tier=1, impact=F, users=120_000), 1, 8),
        (Facts(tier=1, impact=M, users=12_000), 2, 6),
        (Facts(tier=2, impact=F), 3, 5),
        (Facts(tier=2, impact=P), 4, 3),
        (Facts(tier=3, impact=F), 4, 4),  # cap: an ordinary service
        (Facts(tier=3, impact=F, users=100_000), 2, 6),  # unless reach raises it
        (Facts(tier=2, impact=F, percent=30), 2, 7),
        (Facts(tier=2, impact=F, beyond_rto=True, peak=True, cyber=True), 1, 8),
    ],
)
def test_severity_follows_points_floors_and_caps(facts: Facts, severity: int, points: int) -> None:
    found = assess(facts, WEIGHTS)
    assert (found.severity, found.points) == (Severity(severity), points)


def test_reach_counts_the_higher_of_users_and_share() -> None:
    assert assess(Facts(tier=2, impact=N, users=10_000, percent=50), WEIGHTS).points == 2 + 2


def test_the_reason_is_said_in_the_readers_words() -> None:
    found = assess(Facts(tier=0, impact=F, cyber=True, users=1_000_000), WEIGHTS)
    assert found.reasons == ("tier-0", "impact-full", "reach", "cyber")
    with translation.override("en"):
        assert found.in_words.startswith("a national shared service, in full outage")
    with translation.override("ar"):
        assert found.in_words.startswith("خدمة وطنية مشتركة، توقفها كلي")


def test_several_services_are_as_bad_as_the_worst() -> None:
    found = [assess(Facts(tier=3, impact=N), WEIGHTS), assess(Facts(tier=0, impact=F), WEIGHTS)]
    assert worst(found).severity == Severity.S1
