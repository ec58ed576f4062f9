"""Refusals that a person can read; the view shows them, nothing is changed."""

from __future__ import annotations

from django.utils.functional import Promise


class MoveRefused(Exception):
    """The table, a guard or a limit says no. The text is for the page, in the reader's language."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class LeadTimeShort(MoveRefused):
    """Works nearer than their lead time are an emergency, and an emergency has a reason (M1)."""


class StaleReport(MoveRefused):
    """Somebody else changed the report since the page was read; answered with 409."""


class StaleSituation(MoveRefused):
    """Another lead saved the draft since it was read; answered with 409."""


class CallRefused(MoveRefused):
    """The call is somebody else's, or no call is owed any more."""


class DutyRefused(MoveRefused):
    """The duty roster stays as it is."""


class StalePolicy(MoveRefused):
    """Somebody else changed the draft of the policy since it was read; answered with 409."""


class PaperUnavailable(Exception):
    """This machine makes no PDF now; there is the page to print instead."""


class PaperRefused(Exception):
    """A kept file is missing, or is not what was sealed: it is not given out."""
