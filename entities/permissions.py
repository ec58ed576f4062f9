"""Who may do what: one permission a deed, a role is a list of them.

Rights are answered here and granted from above: appointing a director in `crisis_teams` writes her Membership.
"""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Permission(StrEnum):
    """Each value is the name that views, the lifecycle table and the tests use."""

    ENTITY_HOME = "entity_home"
    REPORT_VIEW = "report_view"
    REPORT_DRAFT = "report_draft"
    REPORT_FILE = "report_file"
    REPORT_OFFLINE = "report_offline"  # enter what was written on paper, at its own time
    REPORT_UPDATE = "report_update"
    REPORT_BIND = "report_bind"  # binds the entity: final report, its actions, withdrawal, another window
    REPORT_EXPORT = "report_export"
    WINDOW_START = "window_start"
    REPORT_COUNTERSIGN = "report_countersign"
    BOARD_VIEW = "board_view"
    REPORT_TRIAGE = "report_triage"
    REPORT_RECORD = "report_record"
    REPORT_LEAD = "report_lead"
    DUTY_PLAN = "duty_plan"
    TEAM_VIEW = "team_view"
    TEAM_APPOINT = "team_appoint"
    TEAM_MANAGE = "team_manage"
    CONTACT_REVEAL = "contact_reveal"
    CATALOGUE_VIEW = "catalogue_view"
    DEPENDENCY_KEEP = "dependency_keep"  # on what the entity's services rely, and who relies on them
    AUDIT_VIEW = "audit_view"
    ADMINISTER = "administer"


class Role(models.TextChoices):
    """The roles of decisions.md; the last four belong to the authority."""

    IT_LEADER = "IT_LEADER", _("IT leader")
    DIRECTOR = "DIRECTOR", _("Crisis team director")
    ALTERNATE = "ALTERNATE", _("Alternate director")
    MEMBER = "MEMBER", _("Crisis team member")
    HEAD_CONTACT = "HEAD_CONTACT", _("Head contact")
    REVIEWER = "REVIEWER", _("Reviewer")
    LEAD = "LEAD", _("Lead reviewer")
    AUDITOR = "AUDITOR", _("Auditor")
    ADMIN = "ADMIN", _("Admin")


P = Permission
_SEES = frozenset({P.REPORT_VIEW, P.REPORT_EXPORT, P.TEAM_VIEW, P.CATALOGUE_VIEW})
_READS = _SEES | {P.ENTITY_HOME}
_FILES = _READS | {
    P.REPORT_DRAFT, P.WINDOW_START, P.REPORT_FILE, P.REPORT_OFFLINE, P.REPORT_UPDATE, P.REPORT_BIND,
    P.TEAM_MANAGE, P.CONTACT_REVEAL, P.DEPENDENCY_KEEP,
}  # fmt: skip
_TRIAGES = _SEES | {P.BOARD_VIEW, P.REPORT_TRIAGE, P.REPORT_RECORD, P.CONTACT_REVEAL}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.IT_LEADER: _READS | {P.TEAM_APPOINT, P.TEAM_MANAGE, P.REPORT_COUNTERSIGN, P.CONTACT_REVEAL, P.DEPENDENCY_KEEP},
    Role.DIRECTOR: _FILES,
    Role.ALTERNATE: _FILES,
    Role.MEMBER: _READS | {P.REPORT_DRAFT, P.WINDOW_START},
    Role.HEAD_CONTACT: _READS,
    Role.REVIEWER: _TRIAGES,
    Role.LEAD: _TRIAGES | {P.REPORT_LEAD, P.DUTY_PLAN},
    Role.AUDITOR: _SEES | {P.BOARD_VIEW, P.AUDIT_VIEW},
    Role.ADMIN: _SEES | {P.BOARD_VIEW, P.DUTY_PLAN, P.ADMINISTER, P.CONTACT_REVEAL},
}

ROLE_SENTENCES: dict[Role, object] = {
    Role.IT_LEADER: _(
        "Appoints the crisis team, countersigns the final reports of S1 and S2 outages, "
        "and keeps the services' dependencies true."
    ),
    Role.DIRECTOR: _("Files and updates reports, and keeps the team's data and the services' dependencies true."),
    Role.ALTERNATE: _("Has the director's rights while the term runs."),
    Role.MEMBER: _("Prepares drafts, and sends updates when the director delegates it."),
    Role.HEAD_CONTACT: _("Reads the entity's reports and hears the last step of an escalation."),
    Role.REVIEWER: _("Follows reports for the authority: acknowledges, asks, reviews and closes."),
    Role.LEAD: _("Does what a reviewer does, closes S1 reports and reopens closed ones, and plans the duty roster."),
    Role.AUDITOR: _("Reads everything, changes nothing."),
    Role.ADMIN: _("Keeps entities, services and policies."),
}

#: What the flag `delegated` adds to a member (domain/lifecycle.md: "Mem if delegated").
DELEGATED = frozenset({P.REPORT_UPDATE})
#: All that a session opened by a code may do, whatever the role: file and update (docs/adr/0019).
FILE_AND_UPDATE = frozenset({P.ENTITY_HOME, P.REPORT_VIEW, P.REPORT_DRAFT, P.REPORT_FILE, P.REPORT_UPDATE})
#: All that a session opened by break-glass may do, whatever the role: follow reports, write down what is telephoned,
#: reach people, open the code door (docs/adr/0024).
TRIAGE_ALONE = _TRIAGES - {P.REPORT_EXPORT} | {P.REPORT_LEAD}
AUTHORITY_ROLES = frozenset({Role.REVIEWER, Role.LEAD, Role.AUDITOR, Role.ADMIN})
TEAM_ROLES = frozenset({Role.DIRECTOR, Role.ALTERNATE, Role.MEMBER})


def permissions_of(role: str, *, delegated: bool = False) -> frozenset[Permission]:
    """What a person acting in this role may do."""
    granted = ROLE_PERMISSIONS[Role(role)]
    return granted | DELEGATED if delegated and role == Role.MEMBER else granted
