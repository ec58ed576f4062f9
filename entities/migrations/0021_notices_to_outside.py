from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('entities', '0020_file_exported'),
    ]

    operations = [
        migrations.AlterField(
            model_name='notice',
            name='kind',
            field=models.CharField(choices=[('DRAFT_WAITS', 'A draft was not sent'), ('TEAM_STALE', 'The crisis team must be confirmed'), ('TEAM_CHANGED', 'The crisis team changed'), ('NAFATH_AWAY', 'Nafath does not answer'), ('CODE', 'A one-time code'), ('CODE_ENTERED', 'A session was opened with a code'), ('BREAK_GLASS', 'Emergency access'), ('POLICY_WAITS', 'A version of the policy awaits a second admin'), ('MESSAGES_MISSING', 'What should have been told and was not'), ('SILENT_OUTAGE', 'An outage is suspected'), ('SILENT_DENIED', 'The owner sees nothing wrong'), ('INCIDENT_OPENED', 'An incident groups reports'), ('SITUATION_WAITS', 'A situation report waits to be sent'), ('SITUATION_SENT', 'A situation report was sent'), ('OUTSIDE_ASKED', 'An address outside the portal was asked to confirm itself'), ('DEPENDENCY_DENIED', 'A dependency was denied'), ('CORRECTION_ASKED', 'A correction of personal data is asked for')], max_length=20),
        ),
    ]
