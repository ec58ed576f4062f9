"""HTML on paper: WeasyPrint with the full fonts that lie beside the style sheet, and nothing fetched from anywhere."""

from __future__ import annotations

import html as markup
import re
import unicodedata
from pathlib import Path

from entities.text import clean
from incidents.errors import PaperUnavailable

SHEETS = Path(__file__).parent / "pdf"
_RIGHT_TO_LEFT = frozenset({"R", "AL"})


def pdf(html: str, *, sheet: str) -> bytes:
    """A tagged PDF of a whole HTML document, in the style of a sheet of `incidents/pdf`. Takes seconds.

    Raises PaperUnavailable where the machine lacks Pango, which WeasyPrint looks for when it is imported.
    """
    try:
        from weasyprint import CSS, HTML
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher
    except OSError as missing:
        raise PaperUnavailable("Pango") from missing
    fonts = FontConfiguration()
    ours = CSS(SHEETS / sheet, font_config=fonts, url_fetcher=URLFetcher(allowed_protocols={"file"}))
    # What people typed is in the document: it may name no address at all.
    document = HTML(string=directed(clean(html)), url_fetcher=URLFetcher(allowed_protocols=()))
    written = document.write_pdf(stylesheets=[ours], font_config=fonts, pdf_variant="pdf/ua-1")
    return bytes(written or b"")


def directed(html: str) -> str:
    """With a direction of its own for every text that a browser would look at: WeasyPrint knows no `auto`, no <bdi>."""
    html = re.sub(r'dir="auto"([^>]*>)([^<]*)', lambda m: f"{_direction(m[2])}{m[1]}{m[2]}", html)
    return re.sub(r"<bdi>([^<]*)", lambda m: f"<bdi {_direction(m[1])}>{m[1]}", html)


def _direction(text: str) -> str:
    """By the first strong letter; a text without one reads as what stands around it."""
    for letter in markup.unescape(text):
        kind = unicodedata.bidirectional(letter)
        if kind == "L" or kind in _RIGHT_TO_LEFT:
            return f'dir="{"ltr" if kind == "L" else "rtl"}"'
    return ""
