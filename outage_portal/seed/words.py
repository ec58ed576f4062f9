"""What the tales say: faults, works and dialogue from the TOML files beside this one, filled in for one report."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, Self

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Told:
    """Words with places for what only the report knows."""

    def told(self, **values: Any) -> Self:
        """The same with every place filled."""
        texts = {part.name: getattr(self, part.name) for part in fields(self)}
        return replace(self, **{name: text.format(**values) for name, text in texts.items() if isinstance(text, str)})


@dataclass(frozen=True)
class Fault(Told):
    """What broke in an own service. `only` names the services it fits; None means any, empty none by chance."""

    code: str
    symptom: list[str]
    impact: list[str]
    minutes: list[int]
    suspected_cause: str
    origin: str
    cause: list[str]
    factors: list[str]
    summary: str
    investigating: str
    identified: str
    mitigating: str
    monitoring: str
    restored: str
    workaround: str
    direct_cause: str
    root_cause: str
    resolution: str
    monitoring_gap: str
    went_well: str
    went_wrong: str
    lessons: str
    actions: list[list[str]]
    only: list[str] | None = None
    cyber: str = "no"
    supplier_name: str = ""

    @property
    def updates(self) -> list[tuple[str, str]]:
        """The phases in order, each with its text."""
        return [(phase, getattr(self, phase)) for phase in ("investigating", "identified", "mitigating", "monitoring")]


@dataclass(frozen=True)
class Work(Told):
    """A planned work."""

    code: str
    work_kind: str
    impact: str
    hours: int
    downtime: int
    title: str
    reason: str
    rollback: str
    notice: str
    progress: str
    done: str
    lessons: str


@dataclass(frozen=True)
class Consumed(Told):
    """Another's service that fails us; `only` names the provider's services it fits."""

    symptom: list[str]
    integration: str
    summary: str
    error_sample: str
    checked_locally: str
    progress: str
    restored: str
    workaround: str
    only: list[str] | None = None


@dataclass(frozen=True)
class Words:
    """Everything that may be said."""

    faults: dict[str, Fault]
    works: dict[str, Work]
    consumed: list[Consumed]
    dialogue: dict[str, Any]

    def faults_of(self, service_code: str) -> list[Fault]:
        """The faults that may befall a service by chance."""
        return [fault for fault in self.faults.values() if fault.only is None or service_code in fault.only]

    def consumed_of(self, service_code: str) -> list[Consumed]:
        return [row for row in self.consumed if row.only is None or service_code in row.only]


@cache
def load_words() -> Words:
    """Read once a process."""
    faults = [Fault(**row) for row in _read("faults")["fault"]]
    works = [Work(**row) for row in _read("works")["work"]]
    return Words(
        faults={fault.code: fault for fault in faults},
        works={work.code: work for work in works},
        consumed=[Consumed(**row) for row in _read("consumed")["consumed"]],
        dialogue=_read("dialogue"),
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / f"{name}.toml").read_text(encoding="utf-8"))
