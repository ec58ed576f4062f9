"""Templates are read without their indentation, and say what they said."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings
from django.template import engines
from django.template.loader import get_template

from outage_portal.templating import flush_left

TEMPLATES = sorted(Path(settings.BASE_DIR, "templates").rglob("*.html"))
BLOCKS = re.compile(r"{% blocktranslate([^%]*)%}(.*?){% endblocktranslate", re.DOTALL)
#: Whose lines and spaces a browser shows as they stand.
KEEPS_SPACES = re.compile(r"<(pre|textarea)\b[^>]*>(?P<inside>.*?)</\1>", re.DOTALL)


def test_a_line_begins_with_its_first_letter() -> None:
    assert flush_left("<p>\n    a  b\n\n  </p>\n") == "<p>\na  b\n</p>\n"


def test_pages_are_read_so_and_texts_that_are_sent_are_not() -> None:
    page = get_template("incidents/_board_tabs.html")
    assert not re.search(r"\n[ \n]", page.template.source)
    assert engines["django"].from_string("a\n  b").render() == "a\n  b"


def test_no_template_writes_spaces_that_a_browser_would_show() -> None:
    for path in TEMPLATES:
        for found in KEEPS_SPACES.finditer(path.read_text(encoding="utf-8")):
            assert "\n" not in re.sub(r"{[{%#].*?[%#}]}", "", found["inside"]), path


def test_a_translated_text_of_several_lines_is_trimmed() -> None:
    """Else its key would hold the indentation, and be found no more."""
    for path in TEMPLATES:
        for options, text in BLOCKS.findall(path.read_text(encoding="utf-8")):
            assert "\n" not in text or "trimmed" in options, path
