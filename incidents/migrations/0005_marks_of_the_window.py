from django.db import migrations
from django.db.models import F, Max
from django.utils import timezone

from incidents import defaults

NEW_CLOCKS = ("M3", "D3")


def publish(apps, schema_editor):
    """A second version of the policy, where the first was written before these clocks: a published one stays."""
    Policy, ClockRule, ReminderMark, SeverityRule = (
        apps.get_model("incidents", name) for name in ("Policy", "ClockRule", "ReminderMark", "SeverityRule")
    )
    last = Policy.objects.filter(published_at__isnull=False).order_by("effective_from", "version").last()
    if last is None or ReminderMark.objects.filter(policy=last, clock__in=NEW_CLOCKS).exists():
        return
    now = timezone.now()
    version = Policy.objects.aggregate(n=Max("version"))["n"] + 1
    new = Policy.objects.create(version=version, effective_from=now, published_at=now)
    for model in (ClockRule, ReminderMark, SeverityRule):
        rows = list(model.objects.filter(policy=last))
        for row in rows:
            row.pk, row.policy = None, new
        model.objects.bulk_create(rows)
    names = ("clock", "kind", "severity", "tier", "emergency", "minutes", "calendar")
    ClockRule.objects.bulk_create(
        ClockRule(policy=new, **dict(zip(names, row))) for row in defaults.CLOCK_RULES if row[0] in NEW_CLOCKS
    )
    parts = ("clock", "code", "percent", "minutes", "audience", "sms_for")
    ReminderMark.objects.bulk_create(
        ReminderMark(policy=new, **dict(zip(parts, row))) for row in defaults.REMINDER_MARKS if row[0] in NEW_CLOCKS
    )
    ReminderMark.objects.filter(policy=new, clock="M4", code="due").update(
        audience=next(row[4] for row in defaults.REMINDER_MARKS if row[:2] == ("M4", "due"))
    )


def start_clocks(apps, schema_editor):
    """Maintenance that is ahead has a clock until its start; under its own version of the policy it does not speak."""
    Report, Clock = apps.get_model("incidents", "Report"), apps.get_model("incidents", "Clock")
    ahead = Report.objects.filter(status="SCHEDULED").exclude(clocks__kind="M3")
    Clock.objects.bulk_create(
        Clock(report=report, kind="M3", policy_id=report.policy_id, started_at=report.submitted_at, due_at=report.window_start)
        for report in ahead
    )
    ahead_without = Report.objects.filter(status="SCHEDULED", next_clock="")
    ahead_without.update(next_clock="M3", next_started_at=F("submitted_at"), next_due_at=F("window_start"))


class Migration(migrations.Migration):
    dependencies = [("incidents", "0004_what_the_sweep_does")]

    operations = [
        migrations.RunPython(publish, migrations.RunPython.noop),
        migrations.RunPython(start_clocks, migrations.RunPython.noop),
    ]
