"""The policy's first version and the lists, as data: what an admin finds on the first day, and may change.

Sources: domain/lifecycle.md (Clocks, Severity, Reminders), domain/reports.md (the choice lists).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from incidents.clocks import CONSUMERS

HOUR, DAY, WORKING_DAY = 60, 24 * 60, 8 * 60

# clock, kind, severity, tier, emergency, minutes, calendar
CLOCK_RULES: tuple[tuple[str, str | None, int | None, int | None, bool | None, int, str], ...] = (
    ("C1", None, 1, None, None, 60, "always"),
    ("C1", None, 2, None, None, 120, "always"),
    ("C1", None, 3, None, None, 4 * HOUR, "always"),
    ("C1", None, 4, None, None, 24 * HOUR, "always"),
    ("C2", None, 1, None, None, 15, "always"),
    ("C2", None, 2, None, None, 30, "always"),
    ("C2", None, 3, 0, None, 30, "always"),
    ("C2", None, 3, 1, None, 30, "always"),
    ("C2", None, 3, None, None, 4 * HOUR, "working"),
    ("C2", None, 4, None, None, WORKING_DAY, "working"),
    ("C3", "OUT", 1, None, None, 60, "always"),
    ("C3", "OUT", 2, None, None, 2 * HOUR, "always"),
    ("C3", "OUT", 3, None, None, 4 * HOUR, "always"),
    ("C3", "OUT", 3, 2, None, 4 * HOUR, "daytime"),
    ("C3", "OUT", 3, 3, None, 4 * HOUR, "daytime"),
    ("C3", "OUT", 4, None, None, WORKING_DAY, "working"),
    ("C3", "MNT", None, 0, None, 60, "always"),
    ("C3", "MNT", None, 1, None, 60, "always"),
    ("C3", "MNT", None, None, None, 120, "always"),
    ("C4", None, None, None, None, 60, "always"),
    ("C5", "OUT", 1, None, None, 3 * DAY, "always"),
    ("C6", None, None, None, None, 10 * DAY, "days"),
    ("C7", None, None, None, None, 10 * DAY, "days"),
    ("C8", None, None, None, None, 3 * WORKING_DAY, "working"),
    ("M1", "MNT", None, 0, None, 5 * WORKING_DAY, "working"),
    ("M1", "MNT", None, 1, None, 5 * WORKING_DAY, "working"),
    ("M1", "MNT", None, 2, None, 3 * WORKING_DAY, "working"),
    ("M1", "MNT", None, 3, None, WORKING_DAY, "working"),
    ("M2", "MNT", None, None, None, WORKING_DAY, "working"),
    ("M2", "MNT", None, 0, True, 30, "always"),
    ("M2", "MNT", None, 1, True, 30, "always"),
    ("M2", "MNT", None, None, True, 0, "morning"),
    ("D1", "DEP", None, 0, None, 30, "always"),
    ("D1", "DEP", None, 1, None, 30, "always"),
    ("D1", "DEP", None, None, None, 2 * HOUR, "always"),
    ("D2", "DEP", None, None, None, 4 * HOUR, "working"),
    ("D3", "DEP", None, None, None, DAY, "always"),
)

# tier, distinct consumers, within minutes: the silent-outage alarm (A1)
ALARM_RULES: tuple[tuple[int | None, int, int], ...] = (
    (0, 2, 60),
    (1, 2, 60),
    (None, 3, 60),
)

TEAM = ["DIRECTOR", "ALTERNATE"]
TEAM_AND_MEMBERS = [*TEAM, "MEMBER"]
CREW_AND_REVIEWER = [*TEAM_AND_MEMBERS, "REVIEWER"]
WITH_IT = [*TEAM_AND_MEMBERS, "IT_LEADER"]
WITH_REVIEWER = [*WITH_IT, "REVIEWER"]
TO_THE_TOP = [*WITH_REVIEWER, "LEAD", "HEAD_CONTACT"]

# clock, code, percent of the length after due, minutes, audience (cumulative), severities with SMS
REMINDER_MARKS: tuple[tuple[str, str, int, int, list[str], list[int]], ...] = (
    ("C3", "before-10", 0, -10, TEAM, []),
    ("C3", "due", 0, 0, TEAM_AND_MEMBERS, [1, 2]),
    ("C3", "plus-25", 25, 0, WITH_IT, [1, 2]),
    ("C3", "plus-50", 50, 0, WITH_REVIEWER, []),
    ("C3", "plus-100", 100, 0, TO_THE_TOP, [1, 2, 3, 4]),
    ("C4", "at-80", -20, 0, TEAM, []),
    ("C4", "due", 0, 0, TEAM_AND_MEMBERS, [1, 2]),
    ("C4", "plus-25", 25, 0, WITH_IT, [1, 2]),
    ("C4", "plus-50", 50, 0, WITH_REVIEWER, []),
    ("C4", "plus-100", 100, 0, TO_THE_TOP, [1, 2, 3, 4]),
    ("C2", "due", 0, 0, ["REVIEWER"], [1, 2, 3, 4]),
    ("C2", "plus-50", 50, 0, ["REVIEWER", "LEAD"], [1, 2, 3, 4]),
    ("C5", "before-24h", 0, -DAY, TEAM, []),
    ("C5", "due", 0, 0, [*TEAM, "IT_LEADER"], [1]),
    ("C5", "plus-1d", 0, DAY, [*TEAM, "IT_LEADER", "REVIEWER"], []),
    ("C6", "before-5d", 0, -5 * DAY, TEAM, []),
    ("C6", "before-2d", 0, -2 * DAY, TEAM, []),
    ("C6", "due", 0, 0, [*TEAM, "IT_LEADER"], []),
    ("C6", "plus-2d", 0, 2 * DAY, [*TEAM, "IT_LEADER"], []),
    ("C7", "due", 0, 0, ["REVIEWER", "LEAD"], []),
    ("C8", "due", 0, 0, [*TEAM, "IT_LEADER"], []),
    ("C9", "before-7d", 0, -7 * DAY, TEAM, []),
    ("C9", "due", 0, 0, [*TEAM, "IT_LEADER"], []),
    ("C9", "plus-7d", 0, 7 * DAY, [*TEAM, "IT_LEADER", "REVIEWER"], []),
    ("M2", "due", 0, 0, ["REVIEWER"], []),
    ("M3", "before-24h", 0, -DAY, [*CREW_AND_REVIEWER, CONSUMERS], []),
    ("M3", "before-3h", 0, -3 * HOUR, CREW_AND_REVIEWER, []),
    ("M3", "before-15", 0, -15, CREW_AND_REVIEWER, []),
    ("M3", "due", 0, 0, CREW_AND_REVIEWER, [1, 2]),
    ("M4", "before-15", 0, -15, CREW_AND_REVIEWER, []),
    ("M4", "due", 0, 0, [*CREW_AND_REVIEWER, CONSUMERS], [1, 2]),
    ("M4", "plus-30m", 0, 30, [*WITH_REVIEWER], [1, 2]),
    ("D1", "at-80", -20, 0, TEAM, []),
    ("D1", "due", 0, 0, TEAM_AND_MEMBERS, [1, 2]),
    ("D1", "plus-25", 25, 0, WITH_IT, [1, 2]),
    ("D1", "plus-50", 50, 0, WITH_REVIEWER, []),
    ("D1", "plus-100", 100, 0, TO_THE_TOP, [1, 2, 3, 4]),
    ("D2", "due", 0, 0, ["REVIEWER"], [1, 2]),
    ("D2", "plus-50", 50, 0, ["REVIEWER", "LEAD"], [1, 2]),
    ("D3", "before-2h", 0, -2 * HOUR, TEAM, []),
)

#: When the watchdogs speak of an outage that goes on: mark, after how long, on which tiers (None: on all). Beside these
#: the mark "rto" at the recovery time objective of its service (domain/lifecycle.md, Reminders and escalation).
WATCH_MARKS: tuple[tuple[str, timedelta, tuple[int, ...] | None], ...] = (
    ("4h", timedelta(hours=4), (0, 1)),
    ("12h", timedelta(hours=12), None),
    ("24h", timedelta(hours=24), None),
)
#: A critical outage that still goes on after so long owes an interim report (C5).
INTERIM_AFTER = timedelta(hours=48)
#: So long after the expected restoration has passed, a new estimate is asked for.
ESTIMATE_AFTER = timedelta(minutes=10)
#: A deadline that has stood still so long is spoken of to whoever paused it, and so often from then on.
PAUSED_LONG, PAUSED_AGAIN = timedelta(days=14), timedelta(days=7)
#: A reviewer who is silent so long, while an S1-S2 outage waits on the authority, is told; then the report goes back.
WARN_AFTER, RETURN_AFTER_WARNING = timedelta(minutes=20), timedelta(minutes=10)

# factor, key, points
SEVERITY_RULES: tuple[tuple[str, str, int], ...] = (
    ("tier", "0", 4), ("tier", "1", 3), ("tier", "2", 2), ("tier", "3", 1),
    ("impact", "full", 3), ("impact", "major", 2), ("impact", "partial", 1), ("impact", "minor", 0),
    ("users", "100000", 2), ("users", "10000", 1), ("percent", "25", 2), ("percent", "10", 1),
    ("beyond_rto", "yes", 1), ("peak", "yes", 1), ("cyber", "yes", 1),
    ("threshold", "1", 8), ("threshold", "2", 6), ("threshold", "3", 4), ("threshold", "4", 0),
)  # fmt: skip

# list -> (code, Arabic, English[, parent])
CHOICES: dict[str, tuple[tuple[str, ...], ...]] = {
    "symptom": (
        ("login", "تعذّر الدخول", "Login failure"),
        ("unreachable", "لا تفتح", "Unreachable"),
        ("slow", "بطء", "Slow"),
        ("errors", "أخطاء", "Errors"),
        ("wrong-data", "بيانات خاطئة", "Wrong data"),
        ("payment", "فشل الدفع", "Payment failure"),
        ("integration", "فشل التكامل", "Integration failure"),
        ("notifications", "تعطل الإشعارات", "Notifications failing"),
    ),
    "detection_source": (
        ("monitoring", "أنظمة المراقبة", "Monitoring"),
        ("staff", "منسوبو الجهة", "Staff"),
        ("beneficiaries", "المستفيدون", "Beneficiaries"),
        ("social-media", "التواصل الاجتماعي", "Social media"),
        ("other-entity", "جهة أخرى", "Another entity"),
        ("supplier", "المورد", "Supplier"),
        ("authority", "هيئة الحكومة الرقمية", "The authority"),
        ("security-team", "فريق الأمن السيبراني", "Security team"),
    ),
    "channels": (
        ("web", "الموقع الإلكتروني", "Web"),
        ("mobile", "تطبيق الجوال", "Mobile app"),
        ("api", "واجهات التكامل", "API / integration"),
        ("sms-ivr", "الرسائل والهاتف", "SMS / IVR"),
        ("kiosk", "أجهزة الخدمة الذاتية", "Kiosk"),
        ("branch", "أنظمة الفروع", "Branch systems"),
    ),
    "beneficiaries": (
        ("citizens", "المواطنون", "Citizens"),
        ("residents", "المقيمون", "Residents"),
        ("visitors", "الزوار والحجاج والمعتمرون", "Visitors and pilgrims"),
        ("business", "قطاع الأعمال", "Business"),
        ("government", "الجهات الحكومية", "Government"),
        ("employees", "الموظفون", "Employees"),
    ),
    "regions": (
        ("riyadh", "الرياض", "Riyadh"), ("makkah", "مكة المكرمة", "Makkah"),
        ("madinah", "المدينة المنورة", "Madinah"), ("qassim", "القصيم", "Qassim"),
        ("eastern", "المنطقة الشرقية", "Eastern Province"), ("asir", "عسير", "Asir"),
        ("tabuk", "تبوك", "Tabuk"), ("hail", "حائل", "Hail"),
        ("northern-borders", "الحدود الشمالية", "Northern Borders"), ("jazan", "جازان", "Jazan"),
        ("najran", "نجران", "Najran"), ("bahah", "الباحة", "Bahah"), ("jawf", "الجوف", "Jawf"),
    ),
    "suspected_cause": (
        ("unknown", "غير معروف بعد", "Not known yet"),
        ("application", "عطل في التطبيق", "Application fault"),
        ("database", "قواعد البيانات", "Database"),
        ("network", "الشبكة", "Network"),
        ("infrastructure", "البنية التحتية", "Infrastructure"),
        ("certificate", "شهادة أو نطاق منتهٍ", "Expired certificate or domain"),
        ("capacity", "ضغط يفوق السعة", "Capacity"),
        ("change", "تغيير أو تحديث", "A change or update"),
        ("third-party", "جهة أو مورد خارجي", "Another party"),
        ("security", "حادث أمني", "Security incident"),
    ),
    "origin": (
        ("own", "داخل الجهة", "Own"),
        ("hosting-cloud", "الاستضافة أو السحابة", "Hosting or cloud"),
        ("other-entity", "جهة حكومية أخرى", "Another government entity"),
        ("telecom", "الاتصالات", "Telecom"),
        ("supplier", "مورد", "Supplier"),
        ("power", "الكهرباء", "Power"),
        ("unknown", "غير معروف", "Unknown"),
    ),
    "data_impact": (
        ("none", "لا يوجد", "None"),
        ("availability", "التوافر", "Availability"),
        ("integrity", "السلامة", "Integrity"),
        ("confidentiality", "السرية", "Confidentiality"),
        ("unknown", "غير معروف بعد", "Not known yet"),
    ),
    "bcp_activated": (("no", "لا", "No"), ("partly", "جزئيًا", "Partly"), ("yes", "نعم", "Yes")),
    "work_kind": (
        ("release", "إصدار جديد", "Release"),
        ("infrastructure", "البنية التحتية", "Infrastructure"),
        ("database", "قواعد البيانات", "Database"),
        ("network", "الشبكة", "Network"),
        ("security-patch", "تحديث أمني", "Security patch"),
        ("data-centre-move", "نقل مركز بيانات", "Data-centre move"),
        ("dr-test", "تجربة التعافي من الكوارث", "Disaster recovery test"),
        ("emergency", "أعمال طارئة", "Emergency work"),
    ),
    "risk_level": (("low", "منخفض", "Low"), ("medium", "متوسط", "Medium"), ("high", "مرتفع", "High")),
    "integration": (
        ("gsb", "قناة التكامل الحكومية", "Government Service Bus"),
        ("direct-api", "واجهة برمجية مباشرة", "Direct API"),
        ("web-portal", "بوابة إلكترونية", "Web portal"),
        ("sso", "الدخول الموحد", "Single sign-on"),
        ("batch-file", "ملفات مجدولة", "Batch file"),
        ("payment", "المدفوعات", "Payment"),
        ("sms", "الرسائل", "SMS"),
    ),
    "cause_l1": (
        ("system", "عطل نظام", "System failure"),
        ("process", "قصور إجرائي", "Process failure"),
        ("human", "خطأ بشري", "Human error"),
        ("malicious", "عمل متعمد", "Malicious act"),
        ("external", "عامل خارجي", "External factor"),
    ),
    "cause_l2": (
        ("capacity", "السعة", "Capacity", "system"),
        ("hardware", "عطل في الأجهزة", "Hardware failure", "system"),
        ("ageing", "تقادم الأنظمة", "Ageing systems", "system"),
        ("software-defect", "خلل برمجي", "Software defect", "system"),
        ("configuration", "التوافق أو الإعدادات", "Compatibility or configuration", "system"),
        ("network-configuration", "إعدادات الشبكة", "Network configuration", "system"),
        ("database", "قاعدة البيانات", "Database", "system"),
        ("certificate", "انتهاء شهادة أو نطاق", "Certificate or DNS expiry", "system"),
        ("physical", "ضرر مادي", "Physical damage", "system"),
        ("change-management", "إدارة التغيير", "Change management", "process"),
        ("monitoring", "المراقبة", "Monitoring", "process"),
        ("patching", "التحديثات", "Patching", "process"),
        ("backup-restore", "النسخ والاستعادة", "Backup and restore", "process"),
        ("testing", "الاختبار", "Testing", "process"),
        ("roles", "الأدوار والمسؤوليات", "Roles", "process"),
        ("documentation", "التوثيق", "Documentation", "process"),
        ("project", "إدارة المشاريع", "Project management", "process"),
        ("omission", "إغفال", "Omission", "human"),
        ("mistake", "خطأ في التنفيذ", "Mistake", "human"),
        ("skills", "المهارات", "Skills", "human"),
        ("staffing", "نقص الكوادر", "Staffing", "human"),
        ("miscommunication", "قصور التواصل", "Miscommunication", "human"),
        ("ddos", "هجوم حجب الخدمة", "DDoS", "malicious"),
        ("intrusion", "اختراق", "Intrusion", "malicious"),
        ("insider", "فعل داخلي", "Insider", "malicious"),
        ("fraud", "احتيال", "Fraud", "malicious"),
        ("upstream", "خدمة حكومية أخرى", "Upstream government service", "external"),
        ("cloud-hosting", "السحابة أو الاستضافة", "Cloud or hosting", "external"),
        ("telecom", "الاتصالات", "Telecom", "external"),
        ("supplier", "مورد", "Supplier", "external"),
        ("power", "الكهرباء", "Power", "external"),
        ("cooling", "التبريد", "Cooling", "external"),
        ("fire", "حريق", "Fire", "external"),
        ("natural", "عوامل طبيعية", "Natural event", "external"),
    ),
    "contributing_factors": (
        ("late-detection", "تأخر الاكتشاف", "Late detection"),
        ("single-point", "نقطة إخفاق وحيدة", "Single point of failure"),
        ("no-test", "اختبار غير كافٍ", "Insufficient testing"),
        ("no-rollback", "تعذّر التراجع", "No way back"),
        ("escalation", "تأخر التصعيد", "Late escalation"),
        ("documentation", "توثيق ناقص", "Missing documentation"),
        ("workload", "ضغط العمل", "Workload"),
        ("supplier", "تأخر المورد", "Supplier delay"),
    ),
}  # fmt: skip

FIXED_HOLIDAYS = (
    (2, 22, "يوم التأسيس", "Founding Day"),
    (9, 23, "اليوم الوطني", "National Day"),
)
# Hijri month, first day, days, names: Umm al-Qura's calendar proposes, an admin corrects after the sighting.
HIJRI_HOLIDAYS = (
    (10, 1, 4, "إجازة عيد الفطر", "Eid al-Fitr"),
    (12, 9, 5, "إجازة عيد الأضحى", "Eid al-Adha"),
)
FIRST_DAY = datetime(2020, 1, 1, tzinfo=UTC)


def holidays(years: range) -> dict[tuple[date, str], tuple[str, str]]:
    """The days off and the days of Ramadan of some Gregorian years: (day, kind) -> names."""
    from hijridate import Hijri

    found: dict[tuple[date, str], tuple[str, str]] = {}
    for year in years:
        for month, day, ar, en in FIXED_HOLIDAYS:
            found[(date(year, month, day), "off")] = (ar, en)
    first, last = 1440, 1499
    for hijri_year in range(first, last):
        if Hijri(hijri_year, 9, 1).to_gregorian().year not in years:
            continue
        for month, start, length, ar, en in HIJRI_HOLIDAYS:
            begin = date(*Hijri(hijri_year, month, start).to_gregorian().datetuple())
            for offset in range(length):
                found[(begin + timedelta(days=offset), "off")] = (ar, en)
        begin = date(*Hijri(hijri_year, 9, 1).to_gregorian().datetuple())
        for offset in range(Hijri(hijri_year, 9, 1).month_length()):
            found[(begin + timedelta(days=offset), "ramadan")] = ("رمضان", "Ramadan")
    return found


def write_alarms(get_model: Any, policy: Any) -> None:
    """Write the rows of the silent-outage alarm; the migration that lays the first ground is older than their table."""
    try:
        alarm = get_model("incidents", "AlarmRule")
    except LookupError:
        return
    names = ("tier", "consumers", "minutes")
    alarm.objects.bulk_create(alarm(policy=policy, **dict(zip(names, row, strict=True))) for row in ALARM_RULES)


def write(get_model: Any) -> None:
    """Write the first version into an empty database; rows that are there stay as they are.

    Takes `apps.get_model`, the migration's or today's, so that a test can lay the ground again.
    """
    policy_model = get_model("incidents", "Policy")
    if not policy_model.objects.exists():
        policy = policy_model.objects.create(version=1, effective_from=FIRST_DAY, published_at=FIRST_DAY)
        rule, mark, severity = (get_model("incidents", name) for name in ("ClockRule", "ReminderMark", "SeverityRule"))
        names = ("clock", "kind", "severity", "tier", "emergency", "minutes", "calendar")
        rule.objects.bulk_create(rule(policy=policy, **dict(zip(names, row, strict=True))) for row in CLOCK_RULES)
        parts = ("clock", "code", "percent", "minutes", "audience", "sms_for")
        mark.objects.bulk_create(mark(policy=policy, **dict(zip(parts, row, strict=True))) for row in REMINDER_MARKS)
        severity.objects.bulk_create(
            severity(policy=policy, factor=factor, key=key, points=points) for factor, key, points in SEVERITY_RULES
        )
        write_alarms(get_model, policy)
    choice = get_model("incidents", "Choice")
    choice.objects.bulk_create(
        (
            choice(list=name, code=code, name_ar=ar, name_en=en, parent="".join(parent), order=order)
            for name, rows in CHOICES.items()
            for order, (code, ar, en, *parent) in enumerate(rows)
        ),
        ignore_conflicts=True,
    )
    holiday = get_model("incidents", "Holiday")
    holiday.objects.bulk_create(
        (
            holiday(day=day, kind=kind, name_ar=ar, name_en=en)
            for (day, kind), (ar, en) in holidays(range(2025, 2031)).items()
        ),
        ignore_conflicts=True,
    )
