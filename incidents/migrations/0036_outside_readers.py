import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from entities.row_security import secure
from incidents.row_security import POLICIES


class Migration(migrations.Migration):

    dependencies = [
        ('entities', '0021_notices_to_outside'),
        ('incidents', '0035_policies_by_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='OutsideReader',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('address', models.EmailField(help_text='In small letters.', max_length=254, verbose_name='E-mail')),
                ('office', models.CharField(max_length=120, verbose_name='Name of the office')),
                ('language', models.CharField(choices=[('both', 'Arabic and English'), ('ar', 'Arabic'), ('en', 'English')], default='both', max_length=4, verbose_name='Language')),
                ('added_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('asked', models.PositiveSmallIntegerField(default=1, help_text='How often its owner was asked to confirm it.')),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now, help_text='When she was asked last.')),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('refused_at', models.DateTimeField(help_text='When its mail server last refused a mail for good.', null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_why', models.CharField(blank=True, choices=[('removed', 'Removed by a lead'), ('left', 'Its owner has left the list'), ('refused', 'Its mail server refuses it')], max_length=8)),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('sectors', models.ManyToManyField(blank=True, related_name='+', to='entities.sector', verbose_name='Sectors')),
            ],
            options={
                'verbose_name': 'Address outside the portal',
                'verbose_name_plural': 'Addresses outside the portal',
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('address',), name='outside_reader_stands_once'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_why', '')), models.Q(('ended_at__isnull', False), ('ended_why__in', ['removed', 'left', 'refused'])), _connector='OR'), name='outside_reader_ended_for_a_reason'), models.CheckConstraint(condition=models.Q(('language__in', ['both', 'ar', 'en'])), name='outside_reader_language_known')],
            },
        ),
        secure(POLICIES, "incidents_outsidereader"),
    ]
