"""What the processes of the house cost: CPU seconds as the kernel keeps them, with all that each has started."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from production.house import House

TICK = os.sysconf("SC_CLK_TCK")
#: By what they are counted together.
PARTS = {
    "web": ("web",), "accounts": ("accounts",), "proxy": ("proxy",), "redis": ("redis",), "worker": ("worker", "beat"),
    "nafath": ("nafath", "mail"),
}  # fmt: skip


def spent(house: House) -> dict[str, float]:
    """CPU seconds so far, by part of the house; `machine` is what all of the machine's processors have done."""
    found = {part: sum(_of(house.process(name).pid) for name in names) for part, names in PARTS.items()}
    lines = (house.folder / "postgres" / "data" / "postmaster.pid").read_text().splitlines()
    return {**found, "database": _of(int(lines[0])), "machine": _machine()}


def between(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {part: after[part] - before[part] for part in after}


def _of(pid: int) -> float:
    """Of a process, of those it has outlived, and of those that it has started and that still are."""
    with suppress(FileNotFoundError, ProcessLookupError):
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return sum(int(word) for word in words[11:15]) / TICK + sum(_of(int(child)) for child in children)
    return 0.0


def _machine() -> float:
    user, nice, system, _idle, _wait, irq, soft, steal = (
        int(word) for word in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]
    )
    return (user + nice + system + irq + soft + steal) / TICK
