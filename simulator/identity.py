"""The national ID: what a person may type, and when it is one."""

import unicodedata

STRAY = str.maketrans("", "", " \u00a0-\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def ascii_digits(typed: str) -> str:
    """Arabic-Indic and Persian digits as 0-9, without spaces, hyphens and marks of direction."""
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in typed.translate(STRAY))


def passes_luhn(number: str) -> bool:
    """The check digit of Saudi IDs: positions 1, 3, 5, 7, 9 from the left count double."""
    doubled = (int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(number))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0
