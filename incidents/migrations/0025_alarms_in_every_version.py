from django.db import migrations, models
from django.db.models import CASCADE, Max
from django.utils import timezone

from incidents import defaults


def publish(apps, schema_editor):
    """The alarm's rows, in a further version, for the policy in force and for each that waits for its day.

    The migration that brought these rows gave them to the newest published version alone: with one ahead, the one in
    force had none, and no silence was heard until then. A published version stays as it is. Of several for one day
    the newest alone will count, so it alone is looked at: a copy of an older one would take its place.
    """
    Policy, AlarmRule = apps.get_model("incidents", "Policy"), apps.get_model("incidents", "AlarmRule")
    now, published = timezone.now(), Policy.objects.filter(published_at__isnull=False)
    in_force = published.filter(effective_from__lte=now).order_by("effective_from", "version").last()
    ahead = published.filter(effective_from__gt=now).order_by("effective_from", "version")
    newest = {policy.effective_from: policy for policy in ahead}
    for base in [each for each in (in_force, *newest.values()) if each is not None]:
        if not AlarmRule.objects.filter(policy=base).exists():
            defaults.write_alarms(apps.get_model, copy(Policy, base, at=now))
    for draft in Policy.objects.filter(published_at__isnull=True, alarm_rules__isnull=True):
        defaults.write_alarms(apps.get_model, draft)


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


class Migration(migrations.Migration):
    dependencies = [("incidents", "0024_service_history")]

    operations = [
        migrations.AlterField(
            model_name='silentoutage',
            name='closed_because',
            field=models.CharField(blank=True, choices=[('filed', 'The owner has reported the outage'), ('planned', "The owner's maintenance covers it"), ('ended', 'No consumer reports it any more'), ('dismissed', 'Dismissed by the authority'), ('retired', 'The service is no longer active')], max_length=10),
        ),
        migrations.RunPython(publish, migrations.RunPython.noop),
    ]
