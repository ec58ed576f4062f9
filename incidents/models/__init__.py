from incidents.models.attachment import Attachment
from incidents.models.board_view import BoardView
from incidents.models.calendar_token import CalendarToken
from incidents.models.call import CallTask
from incidents.models.clock import Clock
from incidents.models.draft import Draft
from incidents.models.duty import DutyShift
from incidents.models.event import ReportEvent
from incidents.models.final_report import CorrectiveAction, FieldComment, FinalReport, TimelineRow
from incidents.models.freeze import FreezePeriod
from incidents.models.handover import HandoverNote
from incidents.models.incident import Incident, IncidentReader, IncidentReport, SituationReport
from incidents.models.note import ReviewerNote
from incidents.models.outside import OutsideReader
from incidents.models.policy import Choice, ClockRule, Holiday, Policy, ReminderMark, SeverityRule
from incidents.models.reading import ReadMark
from incidents.models.record import SealedRecord
from incidents.models.reference import ReferenceCounter
from incidents.models.report import AffectedService, Report
from incidents.models.silent import AlarmRule, SilentOutage, SilentOutageReport
from incidents.models.tag import ReportTag, Tag
from incidents.models.unlisted import UnlistedService
from incidents.models.update_draft import UpdateDraft
from incidents.models.wall import WallScreen

__all__ = [
    "AffectedService",
    "AlarmRule",
    "Attachment",
    "BoardView",
    "CalendarToken",
    "CallTask",
    "Choice",
    "Clock",
    "ClockRule",
    "CorrectiveAction",
    "Draft",
    "DutyShift",
    "FieldComment",
    "FinalReport",
    "FreezePeriod",
    "HandoverNote",
    "Holiday",
    "Incident",
    "IncidentReader",
    "IncidentReport",
    "OutsideReader",
    "Policy",
    "ReadMark",
    "ReferenceCounter",
    "ReminderMark",
    "Report",
    "ReportEvent",
    "ReportTag",
    "ReviewerNote",
    "SealedRecord",
    "SeverityRule",
    "SilentOutage",
    "SilentOutageReport",
    "SituationReport",
    "Tag",
    "TimelineRow",
    "UnlistedService",
    "UpdateDraft",
    "WallScreen",
]
