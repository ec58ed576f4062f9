from django.db import migrations, models

from entities.indexing import AddConstraintBeside


class Migration(migrations.Migration):
    """A delivery is to a person or to an address outside the portal, and to that once a notice."""

    atomic = False  # an index is not built beside others' writing inside a transaction

    dependencies = [("notifications", "0008_to_outside_readers")]

    operations = [
        AddConstraintBeside(
            "delivery",
            models.CheckConstraint(
                condition=models.Q(person__isnull=False, membership__isnull=False, outside__isnull=True)
                | models.Q(person__isnull=True, membership__isnull=True, outside__isnull=False, channel="email"),
                name="delivery_to_one_reader",
            ),
        ),
        AddConstraintBeside(
            "delivery",
            models.UniqueConstraint(
                fields=["outside", "notice"],
                condition=models.Q(outside__isnull=False),
                name="delivery_of_notice_outside_once",
            ),
        ),
    ]
