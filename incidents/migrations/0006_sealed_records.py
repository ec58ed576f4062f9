import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import incidents.models.record
from entities.guards import guard


class Migration(migrations.Migration):
    dependencies = [("incidents", "0005_marks_of_the_window")]

    operations = [
        migrations.CreateModel(
            name="SealedRecord",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("language", models.CharField(max_length=2)),
                ("event_count", models.PositiveIntegerField(help_text="The seq of the event that closed the report.")),
                ("head_hash", models.CharField(help_text="The hash of that event.", max_length=64)),
                ("closed_at", models.DateTimeField()),
                ("file", models.FileField(max_length=200, upload_to=incidents.models.record.record_path)),
                ("size", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="records", to="incidents.report"
                    ),
                ),
            ],
            options={
                "verbose_name": "Sealed record",
                "verbose_name_plural": "Sealed records",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("report", "language", "event_count"), name="record_once_a_closing"
                    )
                ],
            },
        ),
        guard("incidents_sealedrecord"),
    ]
