"""What the two lock files pin, and what each package says of itself where it is installed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(r"^([\w.\-]+)(?:\[[\w,\-]+\])?==([^\s;]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Package:
    """A pin of the lock, once; `serves`: production installs it, and not the developers and CI alone."""

    name: str
    version: str
    hashes: tuple[str, ...]
    serves: bool

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"

    def says(self) -> metadata.PackageMetadata | None:
        """Its own metadata; None where it is not installed, or in another version than the pinned one."""
        try:
            found = metadata.metadata(self.name)
        except metadata.PackageNotFoundError:
            return None
        return found if found["Version"] == self.version else None

    def needs(self) -> set[str]:
        """The names it asks for on this machine, without its extras."""
        if self.says() is None:
            return set()
        asked = (Requirement(line) for line in metadata.requires(self.name) or ())
        return {
            canonicalize_name(each.name) for each in asked if not each.marker or each.marker.evaluate({"extra": ""})
        }


def locked(root: Path = ROOT) -> list[Package]:
    """Every pin of both locks, by name."""
    serving = {package.name for package in _pins(root / "requirements.txt", serving=None)}
    return sorted(_pins(root / "requirements-dev.txt", serving=serving), key=lambda each: each.name)


def _pins(path: Path, *, serving: set[str] | None) -> Iterator[Package]:
    for block in re.split(r"\n(?=\S)", path.read_text()):
        if pin := PIN.match(block):
            name = canonicalize_name(pin[1])
            yield Package(name, pin[2], tuple(HASH.findall(block)), serving is None or name in serving)
