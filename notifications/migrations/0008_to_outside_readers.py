import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('entities', '0021_notices_to_outside'),
        ('incidents', '0036_outside_readers'),
        ('notifications', '0007_sms_receipts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='delivery',
            name='outside',
            field=models.ForeignKey(db_index=False, help_text='In place of a person; found by delivery_of_notice_outside_once.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='incidents.outsidereader', verbose_name='Address outside the portal'),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='membership',
            field=models.ForeignKey(help_text='As whom she hears it: over, it is not sent.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='entities.membership'),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='person',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to=settings.AUTH_USER_MODEL, verbose_name='Person'),
        ),
    ]
