from django.conf import settings
from django.db import migrations, models

from entities.indexing import AddIndexBeside


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('incidents', '0033_update_drafts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexBeside(
            model_name='report',
            index=models.Index(condition=models.Q(('owner_reference', ''), _negated=True), fields=['owner_reference'], name='report_of_owners'),
        ),
        AddIndexBeside(
            model_name='report',
            index=models.Index(condition=models.Q(('lane__lt', 4)), fields=['lane', 'status', 'severity'], include=('incident', 'entity', 'provider_service', 'kind', 'window_start', 'authority_due_at', 'id'), name='report_counted'),
        ),
    ]
