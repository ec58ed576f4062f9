from django.db import migrations, models
from django.db.models import CASCADE, Max
from django.utils import timezone

from incidents import defaults

NEW_CLOCKS = ("C5",)


def publish(apps, schema_editor):
    """The new clock's rows, in a further version, for the policy in force and for each that waits for its day.

    A published version stays as it is; of several for one day the newest alone will count, so it alone is copied.
    Drafts were copied before this clock: they get the same rows.
    """
    Policy, ClockRule = apps.get_model("incidents", "Policy"), apps.get_model("incidents", "ClockRule")
    now, published = timezone.now(), Policy.objects.filter(published_at__isnull=False)
    in_force = published.filter(effective_from__lte=now).order_by("effective_from", "version").last()
    ahead = published.filter(effective_from__gt=now).order_by("effective_from", "version")
    newest = {policy.effective_from: policy for policy in ahead}
    for base in [each for each in (in_force, *newest.values()) if each is not None]:
        if not ClockRule.objects.filter(policy=base, clock__in=NEW_CLOCKS).exists():
            add(apps, copy(Policy, base, at=now))
    for draft in Policy.objects.filter(published_at__isnull=True).exclude(clock_rules__clock__in=NEW_CLOCKS):
        add(apps, draft)


def copy(Policy, base, *, at):
    new = Policy.objects.create(
        version=Policy.objects.aggregate(n=Max("version"))["n"] + 1,
        effective_from=max(base.effective_from, at),
        published_at=at,
        based_on=base.version,
    )
    for relation in Policy._meta.related_objects:
        if relation.on_delete is CASCADE:  # its rules, whichever tables hold them; a report is no part of it
            rows = list(relation.related_model.objects.filter(policy=base))
            for row in rows:
                row.pk, row.policy = None, new
            relation.related_model.objects.bulk_create(rows)
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

    dependencies = [
        ('incidents', '0028_readings_by_part'),
    ]

    operations = [
        migrations.AlterField(
            model_name='clock',
            name='kind',
            field=models.CharField(choices=[('C1', 'First notice'), ('C2', 'Acknowledgement'), ('C3', 'Next update'), ('C4', 'Answer'), ('C5', 'Interim report'), ('C6', 'Final report'), ('C7', 'Review of the final report'), ('C8', 'Completion of the final report'), ('M1', 'Lead time'), ('M2', 'Note of the maintenance notice'), ('M3', 'Start of the work'), ('M4', 'End of the window'), ('D1', 'Answer to the report'), ('D2', 'Ruling on a disputed report'), ('D3', 'Confirmation of the return')], max_length=2),
        ),
        migrations.AlterField(
            model_name='clockrule',
            name='clock',
            field=models.CharField(choices=[('C1', 'First notice'), ('C2', 'Acknowledgement'), ('C3', 'Next update'), ('C4', 'Answer'), ('C5', 'Interim report'), ('C6', 'Final report'), ('C7', 'Review of the final report'), ('C8', 'Completion of the final report'), ('M1', 'Lead time'), ('M2', 'Note of the maintenance notice'), ('M3', 'Start of the work'), ('M4', 'End of the window'), ('D1', 'Answer to the report'), ('D2', 'Ruling on a disputed report'), ('D3', 'Confirmation of the return')], max_length=2, verbose_name='Clock'),
        ),
        migrations.AlterField(
            model_name='remindermark',
            name='clock',
            field=models.CharField(choices=[('C1', 'First notice'), ('C2', 'Acknowledgement'), ('C3', 'Next update'), ('C4', 'Answer'), ('C5', 'Interim report'), ('C6', 'Final report'), ('C7', 'Review of the final report'), ('C8', 'Completion of the final report'), ('M1', 'Lead time'), ('M2', 'Note of the maintenance notice'), ('M3', 'Start of the work'), ('M4', 'End of the window'), ('D1', 'Answer to the report'), ('D2', 'Ruling on a disputed report'), ('D3', 'Confirmation of the return')], max_length=2, verbose_name='Clock'),
        ),
        migrations.AlterField(
            model_name='report',
            name='authority_clock',
            field=models.CharField(blank=True, choices=[('C1', 'First notice'), ('C2', 'Acknowledgement'), ('C3', 'Next update'), ('C4', 'Answer'), ('C5', 'Interim report'), ('C6', 'Final report'), ('C7', 'Review of the final report'), ('C8', 'Completion of the final report'), ('M1', 'Lead time'), ('M2', 'Note of the maintenance notice'), ('M3', 'Start of the work'), ('M4', 'End of the window'), ('D1', 'Answer to the report'), ('D2', 'Ruling on a disputed report'), ('D3', 'Confirmation of the return')], max_length=2),
        ),
        migrations.AlterField(
            model_name='report',
            name='next_clock',
            field=models.CharField(blank=True, choices=[('C1', 'First notice'), ('C2', 'Acknowledgement'), ('C3', 'Next update'), ('C4', 'Answer'), ('C5', 'Interim report'), ('C6', 'Final report'), ('C7', 'Review of the final report'), ('C8', 'Completion of the final report'), ('M1', 'Lead time'), ('M2', 'Note of the maintenance notice'), ('M3', 'Start of the work'), ('M4', 'End of the window'), ('D1', 'Answer to the report'), ('D2', 'Ruling on a disputed report'), ('D3', 'Confirmation of the return')], max_length=2),
        ),
        migrations.RunPython(publish, migrations.RunPython.noop),
    ]
