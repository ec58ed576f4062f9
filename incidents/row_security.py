"""What PostgreSQL shows of the reports and of what hangs on them: as `visible_to` of each model says."""

from entities.permissions import Permission
from entities.row_security import BY_AUTHORITY, ENTITY, OF_OWN_ENTITY, USER, Policy, may

_OWN_SERVICES = f"SELECT id FROM entities_digitalservice WHERE {OF_OWN_ENTITY}"  # noqa: S608  # of constants
_AS_WHOM = f"SELECT id FROM entities_membership WHERE user_id = {USER} AND {OF_OWN_ENTITY}"  # noqa: S608  # of constants
#: The entity's own reports and those about its services; the authority's people see all. Policies of a table that
#: is read inside a policy hold there too, so this one stands behind every other here.
REPORT = Policy(
    sees=f"{BY_AUTHORITY} OR {OF_OWN_ENTITY} OR provider_service_id IN ({_OWN_SERVICES})",
    writes=f"{BY_AUTHORITY} OR {OF_OWN_ENTITY}",
)


#: The same reports, found by their two indexes instead of by asking every report.
_REPORTS = (
    f"SELECT id FROM incidents_report WHERE {OF_OWN_ENTITY}"  # noqa: S608  # of constants
    f" UNION ALL SELECT id FROM incidents_report WHERE provider_service_id = ANY (ARRAY({_OWN_SERVICES}))"
)


def _part_of(report: str) -> Policy:
    """Seen by whoever sees the report, and written by whoever may write it: a provider only reads a consumer's."""
    return Policy(
        sees=f"{BY_AUTHORITY} OR EXISTS (SELECT FROM ({_REPORTS}) r WHERE r.id = {report})",
        writes=f"{BY_AUTHORITY}"
        f" OR EXISTS (SELECT FROM incidents_report r WHERE r.id = {report} AND r.entity_id = {ENTITY})",
    )


_OF_THE_REPORT = _part_of("report_id")
_OF_THE_FINAL_REPORT = _part_of("(SELECT f.report_id FROM incidents_finalreport f WHERE f.id = final_report_id)")

#: Which reports have one cause is the authority's to know, and its reviewers' to say.
_GROUPED = Policy(sees=BY_AUTHORITY, writes=may(Permission.REPORT_TRIAGE))
_LISTED = (
    "EXISTS (SELECT FROM incidents_incidentreader r JOIN entities_membership m ON m.id = r.membership_id"
    f" WHERE r.incident_id = incidents_situationreport.incident_id AND m.user_id = {USER} AND m.entity_id = {ENTITY})"
)
_MINE = f"EXISTS (SELECT FROM entities_membership m WHERE m.id = membership_id AND m.user_id = {USER})"

POLICIES = {
    "incidents_report": REPORT,
    "incidents_affectedservice": _OF_THE_REPORT,
    "incidents_attachment": _OF_THE_REPORT,
    "incidents_clock": _OF_THE_REPORT,
    "incidents_reportevent": _OF_THE_REPORT,
    "incidents_finalreport": _OF_THE_REPORT,
    "incidents_timelinerow": _OF_THE_FINAL_REPORT,
    "incidents_correctiveaction": _OF_THE_FINAL_REPORT,
    "incidents_fieldcomment": _OF_THE_FINAL_REPORT,
    # The authority does not know of a draft.
    "incidents_draft": Policy(sees=f"{OF_OWN_ENTITY} AND {may(Permission.REPORT_DRAFT)}"),
    "incidents_updatedraft": Policy(
        sees=f"{may(Permission.REPORT_DRAFT)}"
        f" AND EXISTS (SELECT FROM incidents_report r WHERE r.id = report_id AND r.entity_id = {ENTITY})"
    ),
    # The authority's people write them for themselves.
    "incidents_reviewernote": Policy(sees=BY_AUTHORITY),
    # Tags are the authority's own words on reports; saved views a person's own, or shown to all who read the board.
    "incidents_tag": Policy(sees=BY_AUTHORITY, writes=may(Permission.REPORT_TRIAGE)),
    "incidents_reporttag": Policy(sees=BY_AUTHORITY, writes=may(Permission.REPORT_TRIAGE)),
    "incidents_boardview": Policy(
        sees=f"{BY_AUTHORITY} AND (person_id = {USER} OR shared)", writes=f"{BY_AUTHORITY} AND person_id = {USER}"
    ),
    # The authority plans who is on duty; a reviewer hands her own shift over.
    "incidents_dutyshift": Policy(
        sees=BY_AUTHORITY, writes=f"{may(Permission.DUTY_PLAN)} OR {may(Permission.REPORT_TRIAGE)}"
    ),
    # Whom to telephone: the authority's people read it, its reviewers take a call and say what it brought.
    "incidents_calltask": Policy(sees=BY_AUTHORITY, writes=may(Permission.REPORT_TRIAGE)),
    # A device is found by its key, by the system; what it shows is read as its lead.
    "incidents_wallscreen": Policy(sees=BY_AUTHORITY, writes=may(Permission.REPORT_LEAD)),
    "incidents_handovernote": Policy(sees=BY_AUTHORITY, writes=may(Permission.REPORT_TRIAGE)),
    # A provider reads a consumer's report, and not its record.
    "incidents_sealedrecord": Policy(sees=_OF_THE_REPORT.writes),
    # The owner reads counts; which consumers' reports they are is the authority's.
    "incidents_silentoutage": Policy(sees=f"{BY_AUTHORITY} OR {OF_OWN_ENTITY}"),
    "incidents_silentoutagereport": Policy(sees=BY_AUTHORITY),
    "incidents_incident": _GROUPED,
    "incidents_incidentreport": _GROUPED,
    # Whoever stands on an incident's list reads what was sent, and knows that she stands on it.
    "incidents_incidentreader": Policy(sees=f"{BY_AUTHORITY} OR {_MINE}", writes=_GROUPED.writes),
    "incidents_situationreport": Policy(
        sees=f"{BY_AUTHORITY} OR (sent_at IS NOT NULL AND {_LISTED})", writes=_GROUPED.writes
    ),
    # Leads keep the list of addresses; their owners, who have no session, are let in by the system.
    "incidents_outsidereader": Policy(sees=BY_AUTHORITY, writes=may(Permission.REPORT_LEAD)),
    # A reader leaves her own; the sweep reads them.
    "incidents_readmark": Policy(sees=f"person_id = {USER} AND {OF_OWN_ENTITY}"),
    # One's own, of the entity one acts for; the feed itself is found by the system.
    "incidents_calendartoken": Policy(sees=f"membership_id IN ({_AS_WHOM})"),
}
