"""How each move of the lifecycle table is asked for on the page: its address, its form, its words, its place.

The table decides whether a button is there; this file, what it looks like. A move that is missing here has a place of
its own on the page: the composer, the questions, the attachments, the final report.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from incidents.forms import corrective, extensions, handshake, interim, moves, rescheduling, updates


@dataclass(frozen=True)
class Deed:
    """A move on the page. Without a `question` it is one press of a button; with one, a form asks first."""

    url: str
    action: Promise
    icon: str
    form: type[moves.DeedForm] = moves.DeedForm
    question: Promise | str = ""
    text: Promise | str = ""
    text_consumed: Promise | str = ""  # for a consumed service's report, where it differs
    sends: Promise | str = ""  # the words of the button that does it, where the action's own say too little
    first: bool = False  # the one thing to do now
    rare: bool = False  # stands in the menu
    danger: bool = False

    @property
    def does(self) -> str:
        """The words on the button that does it; those that only open its form end with an ellipsis."""
        return str(self.sends or self.action).removesuffix("…")


#: In the order in which the page shows them.
DEEDS: dict[str, Deed] = {
    "acknowledge": Deed("report_acknowledge", _("Acknowledge"), "inbox", first=True),
    "note": Deed("report_note_notice", _("Note the notice"), "eye", first=True),
    "confirm_withdrawal": Deed(
        "report_confirm_withdrawal",
        _("Confirm the withdrawal"),
        "ban",
        question=_("Confirm the withdrawal?"),
        text=_("All clocks stop, and the report counts as withdrawn. It stays in the register."),
        danger=True,
    ),
    "verdict": Deed(
        "report_verdict",
        _("Answer the report…"),
        "reply",
        handshake.VerdictForm,
        question=_("Is this outage on your side?"),
        text=_("The reporting entity and the authority read the answer. It may be changed until a ruling."),
        sends=_("Send your answer"),
    ),
    "rule": Deed(
        "report_rule",
        _("Rule on the dispute…"),
        "badge-check",
        handshake.RulingForm,
        question=_("The owner says that the fault is not on its side"),
        text=_("Both entities read the ruling and its reason."),
        sends=_("Send the ruling"),
        first=True,
    ),
    "restore": Deed(
        "report_restore",
        _("Service restored…"),
        "circle-check",
        updates.RestoreForm,
        question=_("The service is back"),
        text=_("Updates end, and the final report is owed. It can be undone within 10 minutes."),
        text_consumed=_("Updates end; no final report is owed. It can be undone within 10 minutes."),
    ),
    "submit_interim": Deed(
        "report_interim",
        _("Interim report…"),
        "file-text",
        interim.InterimForm,
        question=_("What is known of the outage so far?"),
        text=_("Owed of a critical outage, within three days. The final report follows, and may say otherwise."),
        sends=_("Submit the interim report"),
        first=True,
    ),
    "undo_restore": Deed("report_undo_restore", _("Undo the restoration"), "undo-2"),
    "start": Deed("report_start", _("Start the work"), "play", first=True),
    "complete": Deed(
        "report_complete",
        _("Work completed…"),
        "calendar-check",
        moves.CompleteForm,
        question=_("The work is over"),
        text=_("Updates end, and the final report is owed."),
        first=True,
    ),
    "assign": Deed(
        "report_assign", _("Assign…"), "user-check", moves.AssignForm, question=_("Who follows this report?")
    ),
    "ask": Deed(
        "report_ask",
        _("Ask…"),
        "message-circle-question",
        moves.AskForm,
        question=_("A question to the entity"),
        text=_("Its director and alternate are told. The question and its answer stand in the log."),
        sends=_("Send the question"),
    ),
    "raise_concern": Deed(
        "report_concern",
        _("Raise a concern…"),
        "message-square-warning",
        moves.ReasonForm,
        question=_("A concern about this maintenance"),
        text=_("It does not stop the work; the entity answers it."),
        sends=_("Send the concern"),
    ),
    "change_severity": Deed(
        "report_severity",
        _("Change the severity…"),
        "triangle-alert",
        moves.SeverityForm,
        question=_("Change the severity"),
        text=_("Clocks that run are counted anew, forward only. Both severities stay in the log."),
    ),
    "stretch_update": Deed(
        "report_stretch",
        _("Put the next update off…"),
        "alarm-clock",
        extensions.StretchForm,
        question=_("The next update comes later"),
        text=_("The entity and everyone who relies on the service are told the new time, and read the reason here."),
        rare=True,
    ),
    "reopen": Deed(
        "report_reopen",
        _("Reopen…"),
        "rotate-ccw",
        moves.ReasonForm,
        question=_("Is the service down again?"),
        text=_("Within 24 hours it is the same outage: updates are owed again, the final report waits."),
    ),
    "extend_final": Deed(
        "report_extend",
        _("Extend the final report…"),
        "hourglass",
        extensions.ExtendForm,
        question=_("More time for the final report"),
        rare=True,
    ),
    "ask_extension": Deed(
        "report_ask_extension",
        _("Ask for an extension…"),
        "hourglass",
        extensions.ExtendForm,
        question=_("More time for the final report?"),
        text=_("The authority grants it or refuses it. Until then the final report is owed as before."),
        rare=True,
    ),
    "refuse_extension": Deed(
        "report_refuse_extension",
        _("Refuse the extension…"),
        "circle-x",
        moves.ReasonForm,
        question=_("Refuse the extension?"),
        text=_("The final report stays owed as it was. The entity reads the reason."),
        rare=True,
    ),
    "pause_final": Deed(
        "report_pause_final",
        _("Pause the deadline…"),
        "pause",
        extensions.PauseForm,
        question=_("Let the deadline stand still?"),
        text=_("The time it stands still is given back in full. The entity reads the cause and the reason."),
        rare=True,
    ),
    "resume_final": Deed("report_resume_final", _("Resume the deadline"), "play"),
    "report_action": Deed(
        "report_action",
        _("Action done…"),
        "list-checks",
        corrective.ActionDoneForm,
        question=_("Which corrective action is done?"),
        text=_("The authority looks at it, and verifies it or sends it back. Meanwhile its deadline stands still."),
        sends=_("Report it done"),
        first=True,
    ),
    "verify_action": Deed(
        "report_verify_action",
        _("Verify an action…"),
        "badge-check",
        corrective.ActionVerifyForm,
        question=_("Is the action done as it was promised?"),
        text=_("Its deadline ends, and the entity is told."),
        sends=_("Verify the action"),
        first=True,
    ),
    "return_action": Deed(
        "report_return_action",
        _("Send an action back…"),
        "corner-down-left",
        corrective.ActionReturnForm,
        question=_("What is lacking?"),
        text=_("Its deadline runs on, and the entity reads the reason. The time you took is given back."),
        sends=_("Send the action back"),
    ),
    "reopen_closed": Deed(
        "report_reopen_closed",
        _("Reopen the review…"),
        "lock-open",
        moves.ReasonForm,
        question=_("Reopen the review"),
        text=_("The final report is reviewed again. Possible within 90 days."),
    ),
    "reschedule": Deed(
        "report_reschedule",
        _("Reschedule…"),
        "calendar-clock",
        rescheduling.RescheduleForm,
        question=_("Another window"),
        text=_("Everyone who was told is told the old window and the new one."),
    ),
    "extend_window": Deed(
        "report_extend_window",
        _("Extend the window…"),
        "hourglass",
        moves.ExtendWindowForm,
        question=_("Until when does the work go on?"),
        text=_("The authority and everyone who relies on the services are told the new end."),
    ),
    "cancel": Deed(
        "report_cancel",
        pgettext_lazy("maintenance", "Cancel the maintenance…"),
        "calendar-x",
        moves.ReasonForm,
        question=pgettext_lazy("maintenance", "Cancel this maintenance?"),
        text=_("Everyone who was told is told that it does not take place."),
        rare=True,
        danger=True,
    ),
    "close": Deed(
        "report_close",
        _("Close…"),
        "check-check",
        question=_("Close this report?"),
        text=_("Nothing is owed any more. A report of a consumed service needs no final report."),
    ),
    "withdraw": Deed(
        "report_withdraw",
        _("Withdraw…"),
        "ban",
        moves.ReasonForm,
        question=_("Withdraw this report?"),
        text=_("For a report filed by mistake. It is kept; a critical or high one ends when the authority confirms."),
        rare=True,
        danger=True,
    ),
    "merge": Deed(
        "report_merge",
        _("Merge into another report…"),
        "git-merge",
        moves.MergeForm,
        question=_("Does another report of this entity tell of the same outage?"),
        text=_("Its clocks stop; its files and followers go on with the other report. Taken back within 24 hours."),
        rare=True,
    ),
    "undo_merge": Deed("report_undo_merge", _("Take the merge back"), "undo-2"),
    "dismiss": Deed(
        "report_dismiss",
        _("Not reportable…"),
        "circle-x",
        moves.ReasonForm,
        question=_("Is this not reportable?"),
        text=_("All clocks stop. The report stays searchable."),
        rare=True,
        danger=True,
    ),
}
