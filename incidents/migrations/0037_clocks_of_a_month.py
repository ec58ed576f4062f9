from django.db import migrations, models

from entities.indexing import AddIndexBeside


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('incidents', '0036_outside_readers'),
    ]

    operations = [
        AddIndexBeside(
            model_name='clock',
            index=models.Index(fields=['started_at'], name='clock_started'),
        ),
    ]
