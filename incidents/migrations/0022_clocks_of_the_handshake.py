from django.db import migrations
from django.db.models import Max
from django.utils import timezone

from incidents import defaults

NEW_CLOCKS = ("D1", "D2")


def publish(apps, schema_editor):
    """A further version of the policy in force, and of those that wait for their day: a published one stays as it is.

    Drafts were copied before these clocks as well: they get the same rows.
    """
    Policy, ClockRule = apps.get_model("incidents", "Policy"), apps.get_model("incidents", "ClockRule")
    now, published = timezone.now(), Policy.objects.filter(published_at__isnull=False)
    in_force = published.filter(effective_from__lte=now).order_by("effective_from", "version").last()
    ahead = published.filter(effective_from__gt=now).order_by("effective_from", "version")
    for base in [each for each in (in_force, *ahead) if each is not None]:
        if not ClockRule.objects.filter(policy=base, clock__in=NEW_CLOCKS).exists():
            add(apps, copy(apps, base, at=now))
    for draft in Policy.objects.filter(published_at__isnull=True).exclude(clock_rules__clock__in=NEW_CLOCKS):
        add(apps, draft)


def copy(apps, base, *, at):
    Policy = apps.get_model("incidents", "Policy")
    new = Policy.objects.create(
        version=Policy.objects.aggregate(n=Max("version"))["n"] + 1,
        effective_from=max(base.effective_from, at),
        published_at=at,
        based_on=base.version,
    )
    for name in ("ClockRule", "ReminderMark", "SeverityRule", "AlarmRule"):
        model = apps.get_model("incidents", name)
        rows = list(model.objects.filter(policy=base))
        for row in rows:
            row.pk, row.policy = None, new
        model.objects.bulk_create(rows)
    return new


def add(apps, policy):
    ClockRule, ReminderMark = apps.get_model("incidents", "ClockRule"), apps.get_model("incidents", "ReminderMark")
    names = ("clock", "kind", "severity", "tier", "emergency", "minutes", "calendar")
    ClockRule.objects.bulk_create(
        ClockRule(policy=policy, **dict(zip(names, row))) for row in defaults.CLOCK_RULES if row[0] in NEW_CLOCKS
    )
    parts = ("clock", "code", "percent", "minutes", "audience", "sms_for")
    ReminderMark.objects.bulk_create(
        ReminderMark(policy=policy, **dict(zip(parts, row))) for row in defaults.REMINDER_MARKS if row[0] in NEW_CLOCKS
    )


class Migration(migrations.Migration):
    dependencies = [("incidents", "0021_provider_verdict")]

    operations = [migrations.RunPython(publish, migrations.RunPython.noop)]
