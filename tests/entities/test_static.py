"""The house rules of style sheets, scripts and templates that a reviewer would otherwise have to watch for."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings

STATIC = Path(settings.BASE_DIR, "static")
SHEETS = sorted((STATIC / "css").glob("*.css"))
SCRIPTS = sorted((STATIC / "js").glob("*.js"))
TEMPLATES = sorted(Path(settings.BASE_DIR, "templates").rglob("*.html"))

SIDED = re.compile(
    r"(?<![\w-])(margin|padding|border|inset)?-?(left|right)\s*:|(text-align|float|clear):\s*(left|right)"
)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_style_sheet_knows_no_left_and_no_right(sheet: Path) -> None:
    assert not SIDED.search(sheet.read_text(encoding="utf-8"))


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_style_sheet_stays_in_its_layer_and_shouts_nowhere(sheet: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert "!important" not in text
    assert "nth-child(" not in re.sub(r"\.people [^{]*\{", "", text)
    outside = re.sub(r"@layer [\w, ]+;|@page[^{]*\{[^}]*\}", "", text).strip()
    assert outside.startswith("@layer")


@pytest.mark.parametrize("path", [*SHEETS, *SCRIPTS], ids=lambda path: path.name)
def test_nothing_is_fetched_from_another_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"""(url\(|from |import\()["']?(https?:)?//""", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_template_has_no_inline_style_and_no_inline_script(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=|<style|\son\w+=\"", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", text)


def test_style_sheets_weigh_little() -> None:
    assert len(gzip.compress(b"".join(sheet.read_bytes() for sheet in SHEETS))) < 16 * 1024


def test_scripts_speak_no_language() -> None:
    """Words come from the server: no Arabic letter stands in a script."""
    for script in SCRIPTS:
        assert not re.search(r"[\u0600-\u06ff]", script.read_text(encoding="utf-8")), script.name
