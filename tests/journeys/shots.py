"""`make shots`: a picture of every page, in both languages, on the phone and at the desk, and one sheet of them all.

No test: it is run by name and only looks. The pictures lie in var/shots, the sheet is var/shots/index.html.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from html import escape
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from entities.models import User
from tests.journeys.conftest import DESK, PHONE, Visitor
from tests.journeys.town import built, pages

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = [(language, width) for language in ("ar", "en") for width in (DESK, PHONE)]
STYLE = "body{font:14px sans-serif}section{display:flex;gap:1rem;align-items:start}img{border:1px solid #999;width:22%}"


def test_a_picture_of_every_page(visit: Callable[..., Visitor]) -> None:
    sheet = Path(settings.BASE_DIR) / "var" / "shots"
    shutil.rmtree(sheet, ignore_errors=True)
    windows: dict[tuple[User | None, int], Visitor] = {}
    rows = []
    for name, person, kwargs in pages(built()):
        for language, width in SIZES:
            with translation.override(language):
                path = reverse(name, kwargs=kwargs)
            if (person, width) not in windows:
                windows[person, width] = visit(person, width=width)
            page = windows[person, width].open(path)
            page.screenshot(path=sheet / _file(name, language, width), full_page=True)
            page.close()
        pictures = "".join(f'<img src="{_file(name, *size)}" alt="" loading="lazy">' for size in SIZES)
        rows.append(f"<h2>{escape(name)}</h2><section>{pictures}</section>")
    page = f'<!doctype html><meta charset="utf-8"><title>Every page</title><style>{STYLE}</style>{"".join(rows)}'
    (sheet / "index.html").write_text(page, encoding="utf-8")
    print(f"\n{len(rows)} pages: {sheet / 'index.html'}")  # noqa: T201  # what it is run for


def _file(name: str, language: str, width: int) -> str:
    return f"{language}-{width}/{name}.png"
