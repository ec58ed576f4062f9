"""{% icon %}: the drawings come from one sprite, and a wrong name is found here, not by a reader."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from entities.templatetags.icons import icon, names

LITERAL = re.compile(r"""\{% icon "([^"]+)"|icon_name="([^"]+)\"""")


def test_icon_is_silent_for_screen_readers() -> None:
    assert icon("bell") == '<svg class="icon" aria-hidden="true"><use href="/static/icons/sprite.svg#bell"/></svg>'


def test_icon_that_points_the_way_turns_with_the_text() -> None:
    assert 'class="icon icon--mirror"' in icon("arrow-left", mirror=True)


def test_icon_with_a_wrong_name_warns_and_breaks_no_page() -> None:
    with pytest.warns(UserWarning, match="no icon named 'bel'"):
        assert "<svg" in icon("bel")


def test_templates_name_only_icons_of_the_sprite() -> None:
    wrong = {
        f"{path.name}: {name}"
        for path in Path(settings.BASE_DIR, "templates").rglob("*.html")
        for found in LITERAL.findall(path.read_text(encoding="utf-8"))
        for name in found
        if name and name not in names()
    }
    assert not wrong


def test_sprite_keeps_its_licence_beside_it() -> None:
    assert "ISC License" in Path(settings.BASE_DIR, "static/icons/LICENSE.txt").read_text(encoding="utf-8")
