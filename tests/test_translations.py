"""Both catalogues are whole: nothing missing, nothing fuzzy, six Arabic plural forms, compiled as committed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("ar", "en")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def catalogue(language: str) -> polib.POFile:
    return polib.pofile(str(ROOT / "locale" / language / "LC_MESSAGES" / "django.po"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_translated(language: str) -> None:
    po = catalogue(language)
    assert [entry.msgid for entry in po.untranslated_entries()] == []
    assert [entry.msgid for entry in po.fuzzy_entries()] == []


def test_arabic_has_six_plural_forms() -> None:
    po = catalogue("ar")
    assert "nplurals=6" in po.metadata["Plural-Forms"]
    for entry in po:
        if entry.msgid_plural:
            assert len(entry.msgstr_plural) == 6, entry.msgid
            assert all(entry.msgstr_plural.values()), entry.msgid


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_placeholder_is_lost_or_invented(language: str) -> None:
    for entry in catalogue(language):
        known = set(PLACEHOLDER.findall(entry.msgid + entry.msgid_plural))
        for text in [entry.msgstr, *entry.msgstr_plural.values()]:
            assert set(PLACEHOLDER.findall(text)) <= known, entry.msgid
            if entry.msgstr:
                assert set(PLACEHOLDER.findall(text)) == known, entry.msgid


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_the_written_one(language: str) -> None:
    compiled = polib.mofile(str(ROOT / "locale" / language / "LC_MESSAGES" / "django.mo"))
    written = {(e.msgctxt, e.msgid): (e.msgstr, dict(e.msgstr_plural)) for e in catalogue(language)}
    assert {(e.msgctxt, e.msgid): (e.msgstr, dict(e.msgstr_plural)) for e in compiled} == written


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="gettext is not installed; CI has it")
def test_the_catalogue_holds_every_word_of_the_code(tmp_path: Path) -> None:
    """Collect again in a copy, and compare the msgids."""
    copy = tmp_path / "copy"
    ignore = shutil.ignore_patterns(".venv", ".git", "var", "__pycache__", "*.sqlite3*", "tests", "simulator", "bench")
    shutil.copytree(ROOT, copy, ignore=ignore)
    command = [str(ROOT / ".venv/bin/python"), "manage.py", "makemessages", "-l", "ar", "--no-obsolete", "-v0"]
    subprocess.run(command, cwd=copy, check=True, capture_output=True)
    collected = polib.pofile(str(copy / "locale/ar/LC_MESSAGES/django.po"))
    assert {(e.msgctxt, e.msgid) for e in collected} == {(e.msgctxt, e.msgid) for e in catalogue("ar")}
