"""What a run has shown: percentiles, errors, cores, and the tables that are printed."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from load.costs import Cost
from load.plan import KINDS, P95, P99, Size


class Line(NamedTuple):
    """Of a kind of page: how many were asked for, and within how many milliseconds a share of them was answered."""

    kind: str
    requests: int
    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, kind: str, taken: Sequence[float]) -> Line:
        ordered = sorted(taken)
        return cls(kind, len(ordered), *(round(percentile(ordered, share)) for share in (0.5, 0.95, 0.99)))


def percentile(ordered: Sequence[float], share: float) -> float:
    """The least value that so large a share of them does not exceed; 0 of none."""
    return ordered[max(0, -(-len(ordered) * round(share * 100) // 100) - 1)] if ordered else 0.0


def lines(seen: Sequence[dict[str, Any]]) -> Iterator[Line]:
    """One for each kind that came, and one for all."""
    for kind in KINDS:
        if taken := [each["ms"] for each in seen if each["kind"] == kind]:
            yield Line.of(kind, taken)
    yield Line.of("in all", [each["ms"] for each in seen])


def table(found: Sequence[Line]) -> Iterator[str]:
    yield "| page | requests | p50 ms | p95 ms | p99 ms | aims met |\n| --- | ---: | ---: | ---: | ---: | --- |"
    for line in found:
        met = "yes" if line.p95 <= P95 and line.p99 <= P99 else "NO"
        yield f"| {line.kind} | {line.requests} | {line.p50:.0f} | {line.p95:.0f} | {line.p99:.0f} | {met} |"
    yield f"| aimed at | | | {P95} | {P99} | |"


@dataclass
class Run:
    """`found` by the people; `busy`: CPU seconds by part while they asked; `load`: the machine's, at their end.

    `missing`: filings that were acknowledged and are not there, or the other way round.
    """

    size: Size
    found: dict[str, Any]
    busy: dict[str, float]
    load: float
    missing: list[str]
    costs: list[Cost] = field(default_factory=list)

    @property
    def counted(self) -> list[dict[str, Any]]:
        """What was asked once everybody had come."""
        return [each for each in self.found["seen"] if self.found["began"] <= each["at"] <= self.found["ended"]]

    @property
    def wrong(self) -> list[str]:
        """Each error, from the first session on."""
        answers = [f"{each['kind']}: {each['problem']}" for each in self.found["seen"] if each["problem"]]
        gone = self.size.sessions - self.found["alive"]
        return [*answers, *self.found["problems"], *([f"{gone} sessions were gone at the end"] if gone else [])]

    @property
    def seconds(self) -> float:
        return float(self.found["ended"] - self.found["began"])

    @property
    def cores(self) -> dict[str, float]:
        """How many were busy with each part, with the people, and with what is not ours."""
        of_parts = {part: spent for part, spent in self.busy.items() if part != "machine"} | {
            "the people": self.found["processor"]
        }
        of_parts["others on this machine"] = self.busy["machine"] - sum(of_parts.values())
        return {part: round(spent / self.seconds, 2) for part, spent in of_parts.items()}


def told(run: Run) -> Iterator[str]:
    """What is printed."""
    signed_in = run.found["signed_in"]
    yield from table(list(lines(run.counted)))
    rate = len(run.counted) / run.seconds
    yield (
        f"{rate:.1f} requests a second of {run.size.sessions} sessions for {run.seconds:.0f} s; "
        f"{len(run.found['receipts'])} filings with a receipt; {len(signed_in)} signed in through Nafath, "
        f"the slowest in {max(signed_in, default=0):.1f} s."
    )
    busy = ", ".join(f"{part} {cores:.2f}" for part, cores in run.cores.items())
    yield f"Of {len(os.sched_getaffinity(0))} cores: {busy}; a load of {run.load:.1f}."


def costs_told(run: Run) -> Iterator[str]:
    """What a request costs, by kind."""
    yield "| one request, CPU ms | web | accounts | database | proxy |\n| --- | ---: | ---: | ---: | ---: |"
    for cost in run.costs:
        yield f"| {cost.kind} | {cost.web:.1f} | {cost.accounts:.1f} | {cost.database:.1f} | {cost.proxy:.2f} |"


def written(run: Run) -> dict[str, Any]:
    """What is kept in load/results.json."""
    return {
        "machine": f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}",
        "load": round(run.load, 1), "size": asdict(run.size),
        "requests_a_second": round(len(run.counted) / run.seconds, 1),
        "lines": [line._asdict() for line in lines(run.counted)],
        "filings": len(run.found["receipts"]), "errors": len(run.wrong), "lost": len(run.missing),
        "cores": run.cores, "costs": [cost._asdict() for cost in run.costs],
    }  # fmt: skip
