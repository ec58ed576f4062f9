"""On paper: each text in its own direction, nothing fetched, and what a reader finds in the PDF itself."""

from __future__ import annotations

import builtins
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from entities.permissions import Role
from incidents import actions
from incidents.errors import PaperUnavailable
from incidents.models import Report, SealedRecord
from incidents.printing import SHEETS, directed, pdf
from tests.factories import a_reviewer
from tests.incidents.finals import filer_of, restored, submitted

PAGE = '<!DOCTYPE html><html lang="en"><head><title>T</title></head><body>%s</body></html>'


@pytest.mark.parametrize(
    ("text", "direction"),
    [("نص عربي", "rtl"), ("English", "ltr"), ("1447 نص", "rtl"), ("&lt;b&gt; word", "ltr"), ("&quot;نص", "rtl")],
)
def test_a_text_reads_in_its_own_direction(text: str, direction: str) -> None:
    assert directed(f"<bdi>{text}</bdi>") == f'<bdi dir="{direction}">{text}</bdi>'
    assert directed(f'<td dir="auto" class="x">{text}</td>') == f'<td dir="{direction}" class="x">{text}</td>'


def test_a_text_without_letters_reads_as_what_stands_around_it() -> None:
    assert "dir" not in directed("<bdi>2026 - 14:30</bdi>")


def test_the_fonts_lie_beside_their_licence_and_no_browser_loads_them() -> None:
    assert {path.name for path in SHEETS.iterdir()} == {
        "record.css", "OFL.txt", "IBMPlexSansArabic-Regular.woff", "IBMPlexSansArabic-SemiBold.woff"
    }  # fmt: skip
    assert "http" not in (SHEETS / "record.css").read_text()


def test_a_machine_without_pango_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("weasyprint"):
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(PaperUnavailable):
        pdf(PAGE % "x", sheet="record.css")


# --- With Pango ---------------------------------------------------------------------------------------------------


def words_in(content: bytes, tmp_path: Path) -> list[str]:
    """The text of each page, as a reader's program finds it."""
    path = tmp_path / "paper.pdf"
    path.write_bytes(content)
    found = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True)
    return found.stdout.split("\f")[:-1]


@pytest.fixture
def report(db: None) -> Report:
    """Closed after many updates, one of them long, another hostile."""
    report = restored(tier=3)
    for number in range(12):
        actions.ask(report, text=f"سؤال رقم {number} " + "كلمة " * (150 if number == 3 else 5), by=a_reviewer())
        question = report.events.last()
        assert question is not None
        text = f"<b>answer</b> {number} \u202egnol =1+1" if number % 2 else "جواب " * 20
        actions.answer(report, question=question.seq, text=text, by=filer_of(report))
    report = submitted(report)
    actions.move(report, "close", by=a_reviewer(Role.LEAD))
    if connection.vendor == "postgresql":  # the paper takes seconds, and the test is one transaction around it
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    return Report.objects.get(pk=report.pk)


@pytest.mark.wide
@pytest.mark.parametrize("language", ["ar", "en"])
def test_every_page_names_the_report_its_number_and_the_seal(report: Report, language: str, tmp_path: Path) -> None:
    content = actions.seal(report, language=language).read()
    pages = words_in(content, tmp_path)
    assert len(pages) > 3
    for number, page in enumerate(pages, start=1):
        assert report.reference in page
        assert report.head_hash in page
        assert f"{timezone.localtime(report.closed_at):%H:%M}" in page
        if language == "en":
            assert f"Page {number} of {len(pages)}" in page
            assert "Restricted" in page
            assert f"Sealed with {report.event_count} events" in page


@pytest.mark.wide
def test_hostile_words_are_words(report: Report, tmp_path: Path) -> None:
    text = "".join(words_in(actions.seal(report, language="en").read(), tmp_path))
    assert "<b>answer</b> 1 gnol =1+1" in text
    assert "\u202e" not in text


@pytest.mark.wide
def test_a_paper_is_small_and_tagged(report: Report) -> None:
    actions.seal(report, language="ar")
    record = SealedRecord.objects.get()
    content = record.read()
    assert record.size == len(content) < 250_000
    said = subprocess.run(["pdfinfo", "-"], input=content, capture_output=True, check=True).stdout.decode()
    facts = dict(line.split(":", 1) for line in said.splitlines())
    assert (facts["Tagged"].strip(), facts["JavaScript"].strip()) == ("yes", "no")
    assert report.reference in facts["Title"]


@pytest.mark.wide
def test_nothing_is_fetched_for_a_paper(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    body = f'<img alt="x" src="{secret.as_uri()}"><link rel="stylesheet" href="http://127.0.0.1:9/x.css">words'
    assert pdf(PAGE % body, sheet="record.css").startswith(b"%PDF")
    refused = [line for line in caplog.messages if "disallowed protocol" in line]
    assert len(refused) == 2
