"""`{% icon "bell" %}`: one of the drawings in static/icons/sprite.svg (Lucide)."""

import re
import warnings
from functools import cache
from pathlib import Path

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

SPRITE = "icons/sprite.svg"


@cache
def names() -> frozenset[str]:
    """Every icon the sprite holds."""
    drawing = Path(settings.BASE_DIR, "static", SPRITE).read_text(encoding="utf-8")
    return frozenset(re.findall(r'<symbol id="([^"]+)"', drawing))


@register.simple_tag
def icon(name: str, mirror: bool = False, large: bool = False) -> SafeString:
    """Return the icon as SVG that says nothing to a screen reader: the words beside it speak.

    `mirror` turns it round in right-to-left text: for arrows, chevrons and doors, not for clocks and checks.
    """
    return _svg(name, mirror, large)


@cache  # a board asks some hundred times a page
def _svg(name: str, mirror: bool, large: bool) -> SafeString:
    if name not in names():
        # An error in the tests, where warnings are errors; never a reason to break somebody's page.
        warnings.warn(f"The sprite has no icon named {name!r}.", stacklevel=2)
    classes = "icon" + " icon--mirror" * mirror + " icon--large" * large
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', classes, static(SPRITE), name)
