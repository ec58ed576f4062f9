from datetime import UTC, datetime

from django.db import migrations, models
from django.db.models import OuterRef, Q, Subquery

KINDS = [
    ("C1", "First notice"), ("C2", "Acknowledgement"), ("C3", "Next update"), ("C4", "Answer"),
    ("C6", "Final report"), ("C7", "Review of the final report"), ("C8", "Completion of the final report"),
    ("M1", "Lead time"), ("M2", "Note of the maintenance notice"), ("M3", "Start of the work"), ("M4", "End of the window"),
    ("D3", "Confirmation of the return"),
]


def fill(apps, schema_editor):
    """From the running clocks that wait on the authority: acknowledgement, review, note."""
    running = apps.get_model("incidents", "Clock").objects.filter(
        report=OuterRef("pk"), kind__in=["C2", "C7", "M2"], met_at=None, cancelled_at=None, paused_at=None
    )
    first = running.order_by("due_at", "id")
    open_reports = apps.get_model("incidents", "Report").objects.filter(lane__lt=4)
    open_reports.filter(models.Exists(running)).update(
        authority_clock=Subquery(first.values("kind")[:1]), authority_due_at=Subquery(first.values("due_at")[:1])
    )


class Migration(migrations.Migration):
    dependencies = [("incidents", "0008_unlisted_services")]

    operations = [
        migrations.AddField(
            "report", "authority_clock", models.CharField(blank=True, choices=KINDS, max_length=2)
        ),
        migrations.AddField(
            "report",
            "authority_due_at",
            models.DateTimeField(default=datetime(9999, 1, 1, tzinfo=UTC), help_text="What the authority owes first."),
        ),
        migrations.AddIndex(
            "report",
            models.Index(fields=["authority_due_at"], condition=Q(lane__lt=4), name="report_on_authority"),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
