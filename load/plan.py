"""How many people do what, and what is aimed at (quality/performance.md, bar 11)."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).with_name("results.json")
#: Between two requests of one session, in seconds, on average: half of it to half as much again.
THINK = 10.0
#: Nobody's sessions come all in one second: they come within so many, and only then is anything counted.
ARRIVE = 30.0
#: At the board, of ten sessions. The others are directors of entities.
AT_THE_BOARD = 0.7
#: Of a hundred requests: 60 refreshes, 25 reports, 10 lists and searches, 5 of forms (each is opened, then sent).
REVIEWERS: dict[str, float] = {"refresh": 60, "report": 7, "list": 2, "search": 1}
DIRECTORS: dict[str, float] = {"report": 18, "list": 4.5, "search": 2.5, "file": 2.5}
#: Of a hundred sessions so many are opened through Nafath; the others as if Nafath had opened them.
TRULY = 0.02
#: Aimed at, in milliseconds.
P95, P99 = 400, 1000

REFRESH, NEWS, REPORT, BOARD = "board's refresh, nothing new", "board's refresh, news", "page of a report", "board"
LIST, SEARCH, FORM, FILING = "list of an entity", "search", "form, opened", "filing, the POST"
KINDS = (REFRESH, NEWS, REPORT, BOARD, LIST, SEARCH, FORM, FILING)


@dataclass(frozen=True)
class Size:
    """LOAD sessions for LOAD_SECONDS over LOAD_REPORTS reports."""

    sessions: int = 500
    seconds: float = 120
    reports: int = 100_000

    @classmethod
    def asked(cls) -> Size:
        said = {"sessions": "LOAD", "seconds": "LOAD_SECONDS", "reports": "LOAD_REPORTS"}
        return cls(**{field: int(os.environ[name]) for field, name in said.items() if os.environ.get(name)})

    @property
    def truly(self) -> int:
        return min(len(BY_NAFATH), max(2, round(self.sessions * TRULY)))

    @property
    def at_the_board(self) -> int:
        return round(self.sessions * AT_THE_BOARD)

    @property
    def filings(self) -> int:
        """As many as may come, and half as many again: each is about a service of its own."""
        often = DIRECTORS["file"] / (sum(DIRECTORS.values()) + DIRECTORS["file"])
        directors = self.sessions - self.at_the_board
        return round(1.5 * directors * often * (self.seconds + ARRIVE) / THINK) + directors


#: Whom the pretend Nafath knows, and who is registered here: by turns a reviewer and a director.
BY_NAFATH = (
    "Saad Al-Mutairi", "Khalid Al-Otaibi", "Reem Al-Anazi", "Latifa Al-Rashid", "Abdullah Al-Zahrani", "Abeer Al-Qarni",
    "Hind Al-Subaie", "Sami Haddad", "Noura Al-Qahtani", "Budoor Al-Malki",
)  # fmt: skip


@dataclass
class Visitor:
    """A session's key, or the name of whoever signs in; what she may ask for; the services that she reports."""

    reviewer: bool
    session: str
    name: str
    references: list[str]
    services: list[int]


@dataclass
class Town:
    visitors: list[Visitor]

    def write(self, path: Path) -> None:
        path.write_text(json.dumps([asdict(each) for each in self.visitors]), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Town:
        return cls([Visitor(**each) for each in json.loads(path.read_text(encoding="utf-8"))])
