"""Refusals that a person can read; the view shows them, nothing is changed."""

from __future__ import annotations

from django.utils.functional import Promise


class TeamRefused(Exception):
    """The team stays as it is. The text is for the page, in the reader's language."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)
