import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import crisis_teams.models
from entities.founding import CreateTables
from entities.row_security import secure
from crisis_teams.row_security import POLICIES


class Migration(migrations.Migration):
    """What the migrations named below come to: a new database is made in one step (tests/test_migrations.py)."""

    initial = True

    replaces = [
        ("crisis_teams", "0001_initial"),
        ("crisis_teams", "0002_row_security"),
    ]

    dependencies = [
        ("entities", "0001_squashed_0021_notices_to_outside"),
    ]

    operations = [
        CreateTables(
            migrations.CreateModel(
                name='CrisisTeam',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('confirmed_at', models.DateTimeField(blank=True, null=True, verbose_name='Contact data confirmed')),
                    ('decision_reference', models.CharField(blank=True, max_length=60, verbose_name='Decision number')),
                    ('decision_date', models.DateField(blank=True, null=True, verbose_name='Decision date')),
                    ('decision_file', models.FileField(blank=True, max_length=200, upload_to=crisis_teams.models.decision_path, verbose_name='Decision')),
                    ('decision_name', models.CharField(blank=True, max_length=150, verbose_name='File name')),
                    ('decision_type', models.CharField(blank=True, max_length=100)),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='Registered')),
                    ('confirmed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='Confirmed by')),
                    ('entity', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='crisis_team', to='entities.entity', verbose_name='Entity')),
                ],
                options={
                    'verbose_name': 'Crisis team',
                    'verbose_name_plural': 'Crisis teams',
                    'ordering': ['entity__name_ar'],
                },
            ),
        ),
        secure(
            POLICIES,
            "crisis_teams_crisisteam",
        ),
    ]
