"""What a message asks of its reader: by the clock that runs, by what happened where none does, and by the notice."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from entities.models import Notice
from incidents.lifecycle import ClockKind, EventKind
from notifications.audiences import Side

C = ClockKind

#: What a clock wants done. Required of whoever it waits on.
DUTIES: dict[str, Promise] = {
    C.C2: gettext_lazy("Acknowledge the report"),
    C.C3: gettext_lazy("Send an update"),
    C.C4: gettext_lazy("Answer the authority's question"),
    C.C5: gettext_lazy("Submit the interim report"),
    C.C6: gettext_lazy("Submit the final report"),
    C.C7: gettext_lazy("Review the final report"),
    C.C8: gettext_lazy("Complete the final report"),
    C.C9: gettext_lazy("Carry out the corrective action, and report it done"),
    C.M2: gettext_lazy("Look at the maintenance notice"),
    C.M3: gettext_lazy("Start the work, choose another window, or cancel it"),
    C.M4: gettext_lazy("End the work, or declare until when it goes on"),
    C.D1: gettext_lazy("Say whether the outage is on your side"),
    C.D2: gettext_lazy("Rule on whose side the fault lies"),
    C.D3: gettext_lazy("Confirm that the service is back, or say that it is still down"),
}
#: The same, of an incident: the authority owes it once.
TOGETHER: dict[str, Promise] = {
    C.C2: gettext_lazy("Acknowledge the incident"),
    C.C3: gettext_lazy("See why the entities of the incident send no update"),
    C.D1: gettext_lazy("See why the owner of the service does not answer the reports of the incident"),
}
_CHECK = gettext_lazy("Check your services that rely on it, and report it if they are affected")
_BACK = gettext_lazy("Check that the service works for you again, and report it if it does not")
_LOOK = gettext_lazy("Check the service, and report its outage if you find one")
_WINDOW = gettext_lazy("Prepare your services that rely on it for the window")
#: What a reminder of the owner's clock means to whoever relies on the service, and what it asks of them.
CONSUMER_REMINDERS: dict[str, tuple[Promise, Promise]] = {
    C.M3: (gettext_lazy("Maintenance of a service you rely on begins soon"), _WINDOW),
    C.M4: (gettext_lazy("Maintenance of a service you rely on goes on beyond its window"), _CHECK),
}
#: What is asked of a reader for whom no clock runs.
UNTIMED: dict[tuple[str, Side], Promise] = {
    ("FILED:OUT", Side.CONSUMER): _CHECK,
    ("reopen", Side.CONSUMER): _CHECK,
    ("undo_restore", Side.CONSUMER): _CHECK,
    ("restore", Side.CONSUMER): _BACK,
    ("submit_final", Side.CONSUMER): _BACK,
    ("FILED:MNT", Side.CONSUMER): _WINDOW,
    ("reschedule", Side.CONSUMER): _WINDOW,
    ("extend_window", Side.CONSUMER): _CHECK,
    ("FILED:DEP", Side.PROVIDER): _LOOK,
    (EventKind.NAMED, Side.PROVIDER): _LOOK,
    ("rule", Side.OWN): gettext_lazy("Read the ruling: it says whether the outage is yours to report"),
    ("rule", Side.PROVIDER): gettext_lazy("Read the ruling, and report the outage if it is yours"),
    (EventKind.WITHDRAWAL_ASKED, Side.AUTHORITY): gettext_lazy("Confirm the withdrawal, or ask the entity"),
    ("answer", Side.AUTHORITY): gettext_lazy("Read the answer"),
    ("ask_extension", Side.AUTHORITY): gettext_lazy("Grant the extension, or refuse it with a reason"),
    ("report_action", Side.AUTHORITY): gettext_lazy("Verify the action, or send it back with a reason"),
    ("warn_reviewer", Side.AUTHORITY): gettext_lazy(
        "Acknowledge the report, or answer what it waits for: in ten minutes it goes back to the pool"
    ),
    ("return_to_pool", Side.AUTHORITY): gettext_lazy("Take the report: nobody follows it now"),
    ("watch", Side.AUTHORITY): gettext_lazy("Look at the case, and call the entity if it needs help"),
    ("watch", Side.OWN): gettext_lazy("See to it that the team has what it needs to bring the service back"),
    ("remind_pause", Side.AUTHORITY): gettext_lazy("Resume the deadline, unless what it waits for is still to come"),
    ("ask_estimate", Side.OWN): gettext_lazy("Send an update with a new expected time of restoration"),
}
NOTICE_DUTIES: dict[str, Promise] = {
    Notice.Kind.DRAFT_WAITS: gettext_lazy("Send the report: until then the authority does not know of the outage"),
    Notice.Kind.TEAM_STALE: gettext_lazy("Look at the people of the team, and confirm that they can be reached"),
    Notice.Kind.TEAM_CHANGED: gettext_lazy("Call the operations room if you did not expect this change"),
    Notice.Kind.NAFATH_AWAY: gettext_lazy("Read how it stands, and open or close the code door if people need it"),
    Notice.Kind.CODE: gettext_lazy(
        "Type it within 10 minutes where you asked for it, and tell it to nobody. "
        "If you did not ask, call the operations room"
    ),
    Notice.Kind.CODE_ENTERED: gettext_lazy("Call the operations room if you do not know who that was"),
    Notice.Kind.BREAK_GLASS: gettext_lazy("Ask the person by telephone, and refuse what you cannot explain"),
    Notice.Kind.SILENT_OUTAGE: gettext_lazy(
        "Look at the service: report the outage, or say that you see nothing wrong"
    ),
    Notice.Kind.SILENT_DENIED: gettext_lazy("Read what its team has looked at, and call it or dismiss the alarm"),
    Notice.Kind.POLICY_WAITS: gettext_lazy("Read what would change, and publish it or send it back"),
    Notice.Kind.MESSAGES_MISSING: gettext_lazy(
        "Run manage.py reconcile: it names the reports. With --mend it writes the missing messages."
    ),
    Notice.Kind.INCIDENT_OPENED: gettext_lazy("Acknowledge the incident: its reports are acknowledged with it"),
    Notice.Kind.SITUATION_WAITS: gettext_lazy("Read the draft, change what is to be changed, and send it"),
    Notice.Kind.SITUATION_SENT: gettext_lazy("Read it in the portal"),
    Notice.Kind.DEPENDENCY_DENIED: gettext_lazy(
        "Read the reason, and remove the dependency or declare it again: until then it does not count"
    ),
    Notice.Kind.CORRECTION_ASKED: gettext_lazy("Correct what is registered of this person, or say why it stays"),
}
