"""One thing that was looked at, in English as every command; it holds no secret, and of an address the host alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`mend` says what to do; it is empty where all is well."""

    what: str
    found: str
    mend: str = ""

    @property
    def is_well(self) -> bool:
        return not self.mend


def judged(what: str, found: object, *, well: object, mend: str) -> Finding:
    """A finding that is to be mended unless `well` is true."""
    return Finding(what, str(found), "" if well else mend)
