"""How what happened to a report is shown: a verbal noun, an icon and a tone for each deed.

Titles are verbal nouns, so that no sentence has to guess anybody's gender.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from incidents.lifecycle import EventKind, ReportKind
from incidents.models import Report, ReportEvent


@dataclass(frozen=True)
class Look:
    """How a deed is shown: its verbal noun, its drawing, and the colour of its dot."""

    title: str | Promise
    icon: str
    tone: str = ""


_FILED = {
    ReportKind.OWN_OUTAGE: Look(gettext_lazy("Report filed"), "zap-off", "bad"),
    ReportKind.MAINTENANCE: Look(gettext_lazy("Maintenance announced"), "calendar-clock", "dga"),
    ReportKind.CONSUMED_OUTAGE: Look(gettext_lazy("Report filed"), "unplug", "bad"),
}
#: By the deed's name in the lifecycle table, or the event's kind where no deed stands behind it.
LOOKS: dict[str, Look] = {
    "acknowledge": Look(gettext_lazy("Report acknowledged"), "inbox", "dga"),
    "undo_acknowledge": Look(gettext_lazy("Acknowledgement undone"), "undo-2", "dga"),
    "update": Look(gettext_lazy("Update"), "message-square-text"),
    "restore": Look(gettext_lazy("Service restored"), "circle-check", "good"),
    "undo_restore": Look(gettext_lazy("Restoration undone"), "undo-2", "due"),
    "reopen": Look(gettext_lazy("Outage reopened"), "rotate-ccw", "bad"),
    "owe_interim": Look(gettext_lazy("Interim report asked for"), "file-text", "due"),
    "submit_interim": Look(gettext_lazy("Interim report submitted"), "file-text", "good"),
    "submit_final": Look(gettext_lazy("Final report submitted"), "file-check", "good"),
    "send_back": Look(gettext_lazy("Final report sent back"), "corner-down-left", "due"),
    "close": Look(gettext_lazy("Report closed"), "check-check", "good"),
    "report_action": Look(gettext_lazy("Corrective action reported done"), "list-checks", "dga"),
    "verify_action": Look(gettext_lazy("Corrective action verified"), "badge-check", "good"),
    "return_action": Look(gettext_lazy("Corrective action sent back"), "corner-down-left", "due"),
    "reopen_closed": Look(gettext_lazy("Review reopened"), "lock-open", "dga"),
    "extend_final": Look(gettext_lazy("Extension granted"), "hourglass", "dga"),
    "ask_extension": Look(gettext_lazy("Extension asked for"), "hourglass", "due"),
    "pause_final": Look(gettext_lazy("The deadline stands still"), "pause", "dga"),
    "resume_final": Look(gettext_lazy("The deadline runs on"), "play", "dga"),
    "refuse_extension": Look(gettext_lazy("Extension refused"), "circle-x", "dga"),
    "stretch_update": Look(gettext_lazy("The next update comes later"), "alarm-clock", "due"),
    "verdict": Look(gettext_lazy("Answer of the service's owner"), "reply", "dga"),
    "dispute": Look(gettext_lazy("Report disputed by the service's owner"), "message-square-warning", "due"),
    "rule": Look(gettext_lazy("Ruling of the authority"), "badge-check", "dga"),
    "withdraw": Look(gettext_lazy("Report withdrawn"), "ban"),
    "confirm_withdrawal": Look(gettext_lazy("Withdrawal confirmed"), "ban", "dga"),
    "dismiss": Look(gettext_lazy("Found not reportable"), "circle-x", "dga"),
    "merge": Look(gettext_lazy("Merged into another report"), "git-merge", "dga"),
    "undo_merge": Look(gettext_lazy("Merge taken back"), "undo-2", "dga"),
    EventKind.FOLDED: Look(gettext_lazy("Another report merged into this one"), "git-merge", "dga"),
    EventKind.UNFOLDED: Look(gettext_lazy("A merged report stands for itself again"), "undo-2", "dga"),
    "assign": Look(gettext_lazy("Reviewer assigned"), "user-check", "dga"),
    "change_severity": Look(gettext_lazy("Severity changed"), "triangle-alert", "dga"),
    "ask": Look(gettext_lazy("Question"), "message-circle-question", "dga"),
    "answer": Look(gettext_lazy("Answer"), "reply"),
    "record_call": Look(gettext_lazy("Telephone call"), "phone-call", "due"),
    "attach": Look(gettext_lazy("File attached"), "paperclip"),
    "note": Look(gettext_lazy("Notice noted"), "eye", "dga"),
    "raise_concern": Look(gettext_lazy("Concern raised"), "message-square-warning", "due"),
    "reschedule": Look(gettext_lazy("Maintenance rescheduled"), "calendar-clock", "due"),
    "cancel": Look(gettext_lazy("Maintenance cancelled"), "calendar-x"),
    "start": Look(gettext_lazy("Work started"), "play"),
    "miss": Look(gettext_lazy("Window missed"), "calendar-x", "bad"),
    "extend_window": Look(gettext_lazy("Window extended"), "hourglass", "due"),
    "ask_return": Look(gettext_lazy("Confirmation of the return asked for"), "message-circle-question"),
    "link_owner": Look(gettext_lazy("The owner has reported it"), "link", "dga"),
    "recall_return": Look(gettext_lazy("Down again, says the owner"), "rotate-ccw", "bad"),
    "warn_reviewer": Look(gettext_lazy("Reminder to the reviewer"), "bell-ring", "due"),
    "return_to_pool": Look(gettext_lazy("Back to the pool"), "user-x", "bad"),
    "watch": Look(gettext_lazy("Long outage"), "siren", "bad"),
    "ask_estimate": Look(gettext_lazy("The expected restoration has passed"), "hourglass", "due"),
    "remind_pause": Look(gettext_lazy("The deadline still stands still"), "pause", "due"),
    "link": Look(gettext_lazy("Part of a wider incident"), "link", "dga"),
    "unlink": Look(gettext_lazy("Not part of the incident any more"), "unlink", "dga"),
    "echo": Look(gettext_lazy("The authority on the incident"), "message-square-text", "dga"),
    "complete": Look(gettext_lazy("Work completed"), "calendar-check", "good"),
    EventKind.WITHDRAWAL_ASKED: Look(gettext_lazy("Withdrawal requested"), "ban", "due"),
    EventKind.ANSWERED: Look(gettext_lazy("Phoned-in report confirmed"), "phone-incoming", "good"),
    EventKind.REMINDED: Look(gettext_lazy("Reminder"), "bell-ring", "due"),
    EventKind.IDENTIFIED: Look(gettext_lazy("Identity confirmed"), "user-check", "good"),
    EventKind.SIGNED: Look(gettext_lazy("Final report signed by the IT leader"), "badge-check", "good"),
    EventKind.NAMED: Look(gettext_lazy("Service found in the catalogue"), "book-open", "dga"),
}
_NO_CHANGE = Look(gettext_lazy("No change"), "pause")
_OVERDUE = Look(gettext_lazy("Reminder"), "bell-ring", "bad")
_UNKNOWN = Look(gettext_lazy("Event"), "circle")


def look_of(key: str, event: ReportEvent, report: Report) -> Look:
    """Of one event; `key` is its deed's name, or its kind where no deed stands behind it."""
    if key == EventKind.FILED:
        return _FILED[ReportKind(report.kind)]
    if key == "update" and event.data.get("no_change"):
        return _NO_CHANGE
    if key == EventKind.REMINDED and not event.mark.startswith(("before", "at-")):
        return _OVERDUE
    return LOOKS.get(key, _UNKNOWN)
