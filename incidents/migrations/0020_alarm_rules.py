from django.db import migrations
from django.db.models import Max
from django.utils import timezone

from entities.row_security import secure
from incidents import defaults
from incidents.row_security import POLICIES

COPIED = ("ClockRule", "ReminderMark", "SeverityRule")


def publish(apps, schema_editor):
    """The alarm's rows: in the first version while no report was filed under it, else in a version of their own."""
    Policy, AlarmRule, Report = (apps.get_model("incidents", name) for name in ("Policy", "AlarmRule", "Report"))
    last = Policy.objects.filter(published_at__isnull=False).order_by("effective_from", "version").last()
    if last is None or AlarmRule.objects.filter(policy=last).exists():
        return
    for draft in Policy.objects.filter(published_at__isnull=True, alarm_rules__isnull=True):
        defaults.write_alarms(apps.get_model, draft)
    if not Report.objects.filter(policy=last).exists():
        defaults.write_alarms(apps.get_model, last)
        return
    now = timezone.now()
    version = Policy.objects.aggregate(n=Max("version"))["n"] + 1
    new = Policy.objects.create(version=version, based_on=last.version, effective_from=now, published_at=now)
    for model in (apps.get_model("incidents", name) for name in COPIED):
        rows = list(model.objects.filter(policy=last))
        for row in rows:
            row.pk, row.policy = None, new
        model.objects.bulk_create(rows)
    defaults.write_alarms(apps.get_model, new)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0019_silent_outage")]

    operations = [
        secure(POLICIES, "incidents_silentoutage", "incidents_silentoutagereport"),
        migrations.RunPython(publish, migrations.RunPython.noop),
    ]
