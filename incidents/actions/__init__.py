"""The verbs of this house, by noun. Each is atomic, takes keyword arguments that end with `by=`, returns the thing."""

from incidents.actions.attachments import attach
from incidents.actions.board_filters import change_view, may_share, remove_view, save_view
from incidents.actions.bulk import acknowledge_all, assign_all, tag_all, undo_all, untag_all
from incidents.actions.by_itself import act_by_itself
from incidents.actions.calendar_feeds import make_feed, revoke_feed
from incidents.actions.calls import record_call, release_call, take_call
from incidents.actions.catalogue import adopt_service, identify_service
from incidents.actions.corrective import report_action, return_action, verify_action
from incidents.actions.dependencies import (
    confirm_dependencies,
    declare_dependency,
    deny_dependency,
    remove_dependency,
    weigh_dependency,
)
from incidents.actions.drafts import discard_draft, save_draft
from incidents.actions.duty import add_shift, change_shift, hand_over, may_hand_over, remove_shift
from incidents.actions.extension_requests import ask_extension, refuse_extension
from incidents.actions.filing import (
    Answers,
    Filed,
    file_ended_outage,
    file_pair,
    file_report,
)
from incidents.actions.final import (
    comment_fields,
    countersign,
    extend_final,
    ready_to_sign,
    ready_to_submit,
    save_final,
    send_back,
    submit_final,
)
from incidents.actions.following import add_note, answer, ask, assign, change_severity
from incidents.actions.freezes import keep_freeze, remove_freeze
from incidents.actions.gathering import group_by_itself, settle_incidents
from incidents.actions.handover import draw_up_note, edit_note
from incidents.actions.handshake import give_verdict, rule
from incidents.actions.holidays import remove_days, set_days
from incidents.actions.identities import confirm_identities
from incidents.actions.incidents import (
    acknowledge_incident,
    close_incident,
    edit_incident,
    link,
    open_incident,
    tell_reports,
    unlink,
)
from incidents.actions.interim import submit_interim
from incidents.actions.linking import link_to_owners
from incidents.actions.maintenance import complete, extend_window, reschedule, start_window
from incidents.actions.merging import merge, undo_merge
from incidents.actions.moves import acknowledge, move, undo_acknowledge
from incidents.actions.nudges import remind_unsent_drafts
from incidents.actions.outside import (
    add_outside_reader,
    ask_outside_reader,
    confirm_outside_reader,
    leave_outside_list,
    note_refusal,
    remove_outside_reader,
)
from incidents.actions.pausing import pause_final, resume_final
from incidents.actions.policies import (
    ask_publication,
    copy_policy,
    discard_policy,
    publish_policy,
    send_back_policy,
)
from incidents.actions.policy_drafts import remove_row, save_alarm, save_mark, save_points, save_rule
from incidents.actions.reading import audit_readings, mark_reading
from incidents.actions.reminders import record_due_reminders
from incidents.actions.sealing import closing_of, seal
from incidents.actions.silent import deny_outage, dismiss_alarm, prepare_report, watch_silence
from incidents.actions.situations import (
    choose_readers,
    possible_readers,
    prepare_situation,
    prepare_situations,
    save_situation,
    send_situation,
)
from incidents.actions.stretching import stretch_update
from incidents.actions.tags import tag, untag
from incidents.actions.typing import keep_typed
from incidents.actions.updates import post_update, restore, restore_pair, undo_restore
from incidents.actions.wall import link_screen, make_screen, open_screen, revoke_screen
from incidents.actions.withdrawal import confirm_withdrawal, withdraw
from incidents.actions.written_down import confirm_recorded, enter_from_paper, record_phoned_report

__all__ = [
    "Answers",
    "Filed",
    "acknowledge",
    "acknowledge_all",
    "acknowledge_incident",
    "act_by_itself",
    "add_note",
    "add_outside_reader",
    "add_shift",
    "adopt_service",
    "answer",
    "ask",
    "ask_extension",
    "ask_outside_reader",
    "ask_publication",
    "assign",
    "assign_all",
    "attach",
    "audit_readings",
    "change_severity",
    "change_shift",
    "change_view",
    "choose_readers",
    "close_incident",
    "closing_of",
    "comment_fields",
    "complete",
    "confirm_dependencies",
    "confirm_identities",
    "confirm_outside_reader",
    "confirm_recorded",
    "confirm_withdrawal",
    "copy_policy",
    "countersign",
    "declare_dependency",
    "deny_dependency",
    "deny_outage",
    "discard_draft",
    "discard_policy",
    "dismiss_alarm",
    "draw_up_note",
    "edit_incident",
    "edit_note",
    "enter_from_paper",
    "extend_final",
    "extend_window",
    "file_ended_outage",
    "file_pair",
    "file_report",
    "give_verdict",
    "group_by_itself",
    "hand_over",
    "identify_service",
    "keep_freeze",
    "keep_typed",
    "leave_outside_list",
    "link",
    "link_screen",
    "link_to_owners",
    "make_feed",
    "make_screen",
    "mark_reading",
    "may_hand_over",
    "may_share",
    "merge",
    "move",
    "note_refusal",
    "open_incident",
    "open_screen",
    "pause_final",
    "possible_readers",
    "post_update",
    "prepare_report",
    "prepare_situation",
    "prepare_situations",
    "publish_policy",
    "ready_to_sign",
    "ready_to_submit",
    "record_call",
    "record_due_reminders",
    "record_phoned_report",
    "refuse_extension",
    "release_call",
    "remind_unsent_drafts",
    "remove_days",
    "remove_dependency",
    "remove_freeze",
    "remove_outside_reader",
    "remove_row",
    "remove_shift",
    "remove_view",
    "report_action",
    "reschedule",
    "restore",
    "restore_pair",
    "resume_final",
    "return_action",
    "revoke_feed",
    "revoke_screen",
    "rule",
    "save_alarm",
    "save_draft",
    "save_final",
    "save_mark",
    "save_points",
    "save_rule",
    "save_situation",
    "save_view",
    "seal",
    "send_back",
    "send_back_policy",
    "send_situation",
    "set_days",
    "settle_incidents",
    "start_window",
    "stretch_update",
    "submit_final",
    "submit_interim",
    "tag",
    "tag_all",
    "take_call",
    "tell_reports",
    "undo_acknowledge",
    "undo_all",
    "undo_merge",
    "undo_restore",
    "unlink",
    "untag",
    "untag_all",
    "verify_action",
    "watch_silence",
    "weigh_dependency",
    "withdraw",
]
