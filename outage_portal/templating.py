"""Templates without the spaces that their lines begin with: indentation was a sixth of the board's bytes."""

from __future__ import annotations

import re

from django.template.base import Origin
from django.template.loaders import filesystem

_INDENTED = re.compile(r"\s*\n\s*")


def flush_left(source: str) -> str:
    """The same lines, none empty and each from its first letter on.

    To a browser a line's end is a space, with spaces around it or without. What people wrote is not in a template, and
    inside of a <pre> or a <textarea> a template has nothing but that.
    """
    return _INDENTED.sub("\n", source)


class FlushLeft(filesystem.Loader):
    """Django's loader of files, for the portal's own pages. Texts that are sent keep theirs."""

    def get_contents(self, origin: Origin) -> str:
        source = super().get_contents(origin)
        return flush_left(source) if origin.name.endswith(".html") else source
