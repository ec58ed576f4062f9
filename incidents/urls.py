"""The addresses of reports and of the board. Each section belongs to the view file of its name."""

from django.urls import URLPattern, path

from incidents.forms.doors import DOORS
from incidents.views import (
    affected,
    board,
    contacts,
    drafts,
    filing,
    final,
    following,
    guide,
    papers,
    phoned,
    receipt,
    reports,
)

urlpatterns: list[URLPattern] = [
    # --- views/filing.py: the first question, the forms, drafts, preview, receipt -----------------------
    path("reports/new/", filing.report_new, name="report_new"),
    *[path(f"reports/new/{d.slug}/", filing.file_report, {"slug": d.slug}, name=d.url_name) for d in DOORS.values()],
    path("reports/new/<slug:slug>/preview/", filing.preview, name="preview"),
    path("reports/new/<slug:slug>/draft/", drafts.draft_save, name="draft_save"),
    path("reports/drafts/<uuid:key>/discard/", drafts.draft_discard, name="draft_discard"),
    path("reports/affected-too/", affected.affected_too, name="affected_too"),
    path("reports/phoned/", phoned.record_phoned, name="record_phoned"),
    path("reports/phoned/<slug:entity_code>/<slug:slug>/", phoned.phoned_report, name="phoned_report"),
    path("services/search/", filing.service_search, name="service_search"),
    path("providers/search/", filing.provider_search, name="provider_search"),
    path("reports/<str:reference>/receipt/", receipt.receipt, name="receipt"),
    path("reports/<str:reference>/confirm/", receipt.confirm_recorded, name="confirm_recorded"),
    # --- views/reports.py: the list, the page of a report, attachments ------------------------------------
    path("reports/", reports.report_list, name="report_list"),
    path("reports/<str:reference>/", reports.report_detail, name="report_detail"),
    path("reports/<str:reference>/files/", reports.attachment_add, name="attachment_add"),
    path("reports/<str:reference>/files/<uuid:attachment>/", reports.attachment_download, name="attachment_download"),
    path("reports/<str:reference>/contacts/<int:membership>/", contacts.report_contact, name="report_contact"),
    # --- views/papers.py: what leaves as a file of its own ------------------------------------------------
    path("reports/<str:reference>/record.pdf", papers.report_record, name="report_record"),
    path("reports/<str:reference>/window.ics", papers.report_calendar, name="report_calendar"),
    # --- views/following.py: updates, restoration, questions, withdrawal ------------------------------------
    path("reports/<str:reference>/update/", following.report_update, name="report_update"),
    path("reports/<str:reference>/no-change/", following.report_no_change, name="report_no_change"),
    path("reports/<str:reference>/restore/", following.report_restore, name="report_restore"),
    path("reports/<str:reference>/restore/undo/", following.report_undo_restore, name="report_undo_restore"),
    path("reports/<str:reference>/reopen/", following.report_reopen, name="report_reopen"),
    path("reports/<str:reference>/withdraw/", following.report_withdraw, name="report_withdraw"),
    path(
        "reports/<str:reference>/withdraw/confirm/",
        following.report_confirm_withdrawal,
        name="report_confirm_withdrawal",
    ),
    path("reports/<str:reference>/dismiss/", following.report_dismiss, name="report_dismiss"),
    path("reports/<str:reference>/close/", following.report_close, name="report_close"),
    path("reports/<str:reference>/reopen-review/", following.report_reopen_closed, name="report_reopen_closed"),
    path("reports/<str:reference>/acknowledge/", following.report_acknowledge, name="report_acknowledge"),
    path("reports/<str:reference>/assign/", following.report_assign, name="report_assign"),
    path("reports/<str:reference>/ask/", following.report_ask, name="report_ask"),
    path("reports/<str:reference>/answer/", following.report_answer, name="report_answer"),
    path("reports/<str:reference>/severity/", following.report_severity, name="report_severity"),
    path("reports/<str:reference>/extend/", following.report_extend, name="report_extend"),
    path("reports/<str:reference>/notes/", following.report_note_add, name="report_note_add"),
    path("reports/<str:reference>/note/", following.report_note_notice, name="report_note_notice"),
    path("reports/<str:reference>/concern/", following.report_concern, name="report_concern"),
    path("reports/<str:reference>/reschedule/", following.report_reschedule, name="report_reschedule"),
    path("reports/<str:reference>/cancel/", following.report_cancel, name="report_cancel"),
    path("reports/<str:reference>/start/", following.report_start, name="report_start"),
    path("reports/<str:reference>/extend-window/", following.report_extend_window, name="report_extend_window"),
    path("reports/<str:reference>/complete/", following.report_complete, name="report_complete"),
    # --- views/final.py: the final report ---------------------------------------------------------------------
    path("reports/<str:reference>/final/", final.final_edit, name="final_edit"),
    path("reports/<str:reference>/final/check/", final.final_check, name="final_check"),
    path("reports/<str:reference>/final/sign/", final.final_countersign, name="final_countersign"),
    path("reports/<str:reference>/final/send-back/", final.final_send_back, name="final_send_back"),
    path("reports/<str:reference>/final/accept/", final.final_accept, name="final_accept"),
    path("reports/<str:reference>/final/<slug:slug>/", final.final_section, name="final_section"),
    # --- views/board.py: the reviewers' board --------------------------------------------------------------------
    path("board/", board.board, name="board"),
    path("board/changes/", board.board_changes, name="board_changes"),
    path("board/<str:reference>/acknowledge/", board.board_acknowledge, name="board_acknowledge"),
    path("board/<str:reference>/acknowledge/undo/", board.board_undo_acknowledge, name="board_undo_acknowledge"),
    path("board/<str:reference>/assign/", board.board_assign, name="board_assign"),
    # --- views/guide.py: the guide and the catalogue -----------------------------------------------------------------
    path("guide/", guide.guide, name="guide"),
    path("services/", guide.service_list, name="service_list"),
]
