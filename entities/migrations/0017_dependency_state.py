from django.db import migrations, models


def verified_becomes_confirmed(apps, schema_editor):
    apps.get_model("entities", "ServiceDependency").objects.filter(verified=True).update(state="confirmed")


def confirmed_becomes_verified(apps, schema_editor):
    apps.get_model("entities", "ServiceDependency").objects.filter(state="confirmed").update(verified=True)


class Migration(migrations.Migration):
    """The provider confirms or denies a dependency (docs/adr/0032)."""

    dependencies = [("entities", "0016_notices_of_incidents")]

    operations = [
        migrations.AddField(
            model_name="servicedependency",
            name="state",
            field=models.CharField(
                choices=[
                    ("declared", "Not confirmed yet"),
                    ("confirmed", "Confirmed by the provider"),
                    ("denied", "Denied by the provider"),
                ],
                default="declared",
                max_length=9,
                verbose_name="Confirmation",
            ),
        ),
        migrations.AddField(
            model_name="servicedependency",
            name="denial_reason",
            field=models.CharField(blank=True, default="", max_length=300, verbose_name="Why it was denied"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="servicedependency",
            name="decided_by",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="servicedependency",
            name="decided_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="Confirmed or denied at"),
        ),
        migrations.RunPython(verified_becomes_confirmed, confirmed_becomes_verified),
    ]
