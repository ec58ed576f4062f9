"""What is done to text before it is kept or searched."""

import re
import unicodedata

_DIGITS = {ord(digit): str(value) for digits in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹") for value, digit in enumerate(digits)}
# NUL and the other C0/C1 controls but tab and line breaks; bidi embeddings, overrides and isolates (they reorder
# names and references on the screen); zero-width space and BOM. ZWNJ and ZWJ belong to the scripts and stay.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
EASILY_TOLD = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # no letter is taken for a digit on the telephone
_E164 = re.compile(r"\+9665\d{8}", re.ASCII)
_MARKS = re.compile("[\u064b-\u065f\u0670\u0640]")
_FOLD = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ة": "ه", "ى": "ي", "ئ": "ي", "ؤ": "و"})


def western_digits(text: str) -> str:
    """Arabic-Indic and Persian digits as 0-9; everything else as it was."""
    return text.translate(_DIGITS)


def clean(text: str) -> str:
    """Text without controls and direction overrides, composed (NFC): what may be stored."""
    return unicodedata.normalize("NFC", _UNWANTED.sub("", text))


def is_clean(text: str) -> bool:
    """Whether a path or a query may be read at all: no control, no override, no lone surrogate."""
    return _UNWANTED.search(text) is None


def search_form(text: str) -> str:
    """One spelling for search: alef, ta marbuta, ya and hamza variants match, vowel marks and case do not count."""
    return western_digits(_MARKS.sub("", clean(text)).translate(_FOLD)).casefold()


def in_groups(mobile: str) -> str:
    """+966512345678 as 051 234 5678; anything else as it was."""
    if not _E164.fullmatch(mobile):
        return mobile
    local = "0" + mobile.removeprefix("+966")
    return f"{local[:3]} {local[3:6]} {local[6:]}"
