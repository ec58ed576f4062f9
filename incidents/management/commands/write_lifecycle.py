"""docs/lifecycle.md, written from the table so that it cannot disagree with it."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import translation

from incidents.lifecycle import FILING, LIFECYCLES, Move, ReportKind, Status


class Command(BaseCommand):
    help = "Write docs/lifecycle.md from incidents/lifecycle.py."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--output", default=str(settings.BASE_DIR / "docs" / "lifecycle.md"))

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override("en"):
            Path(options["output"]).write_text("\n".join(page()) + "\n", encoding="utf-8")


def page() -> Iterator[str]:
    """The lines of the page."""
    yield "# The lifecycle"
    yield ""
    yield "Written by `manage.py write_lifecycle` from `incidents/lifecycle.py`; a test compares. Change the table."
    for kind in ReportKind:
        filing = FILING[kind]
        yield f"\n## {kind.label} ({kind.value})\n"
        yield "```mermaid\nstateDiagram-v2"
        yield f"    [*] --> {filing.status.value}: filed"
        yield from sorted({line for move in LIFECYCLES[kind] for line in _arrows(move)})
        yield "```\n"
        yield f"Filing judges {filing.judges.value} and starts {', '.join(filing.starts)}.\n"
        yield "| deed | from | to | who | reason | clocks |"
        yield "|---|---|---|---|---|---|"
        yield from (_row(move) for move in LIFECYCLES[kind])


def _arrows(move: Move) -> Iterator[str]:
    if move.target is not None:
        for source in move.sources:
            yield f"    {source.value} --> {move.target.value}: {move.name}"


def _row(move: Move) -> str:
    sources = ", ".join(status.value for status in Status if status in move.sources)
    target = "stays" if move.target is None else move.target.value + (" (as it stood)" if move.returns else "")
    who = ", ".join([*sorted(move.permissions), *(["the clock sweep"] if move.sweep else [])])
    who += " of the service's owner" if move.by_provider else ""
    who += "; S1: report_lead" if move.lead_for_s1 else ""
    clocks = "; ".join(
        f"{verb} {', '.join(kinds) if len(kinds) < 10 else 'all'}"
        for verb, kinds in (
            ("meets", move.meets),
            ("starts", move.starts),
            ("pauses", move.pauses),
            ("resumes", move.resumes),
            ("cancels", move.cancels),
        )
        if kinds
    )
    return f"| {move.name} | {sources} | {target} | {who} | {'yes' if move.note else ''} | {clocks} |"
