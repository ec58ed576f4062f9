"""Every change of a crisis team is one of these."""

from crisis_teams.actions.contacts import reveal_contact
from crisis_teams.actions.people import (
    GIVES_THE_DIRECTION,
    amend,
    appoint,
    emergency_appoint,
    hand_over,
    replace,
    retire,
)
from crisis_teams.actions.seats import Person, Term
from crisis_teams.actions.upkeep import attach_decision, confirm_team, register_team, remind_stale_teams

__all__ = [
    "GIVES_THE_DIRECTION",
    "Person",
    "Term",
    "amend",
    "appoint",
    "attach_decision",
    "confirm_team",
    "emergency_appoint",
    "hand_over",
    "register_team",
    "remind_stale_teams",
    "replace",
    "retire",
    "reveal_contact",
]
