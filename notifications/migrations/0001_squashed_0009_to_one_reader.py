import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from entities.founding import CreateTables
from entities.row_security import secure
from notifications.row_security import POLICIES


class Migration(migrations.Migration):
    """What the migrations named below come to: a new database is made in one step (tests/test_migrations.py)."""

    initial = True

    replaces = [
        ("notifications", "0001_initial"),
        ("notifications", "0002_row_security"),
        ("notifications", "0003_follow"),
        ("notifications", "0004_preferences"),
        ("notifications", "0005_told_together"),
        ("notifications", "0006_reconciling"),
        ("notifications", "0007_sms_receipts"),
        ("notifications", "0008_to_outside_readers"),
        ("notifications", "0009_to_one_reader"),
    ]

    dependencies = [
        ("entities", "0001_squashed_0021_notices_to_outside"),
        ("incidents", "0001_squashed_0037_clocks_of_a_month"),
    ]

    operations = [
        CreateTables(
            migrations.CreateModel(
                name='Delivery',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('channel', models.CharField(choices=[('in_app', 'In the portal'), ('email', 'E-mail'), ('sms', 'SMS')], max_length=6, verbose_name='Channel')),
                    ('state', models.CharField(choices=[('pending', 'Waiting'), ('leased', 'Being sent'), ('sent', 'Sent'), ('superseded', 'No longer needed'), ('failed', 'Failed'), ('held', 'Held back')], default='pending', max_length=10, verbose_name='State')),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now, help_text='When what it tells of was written down.', verbose_name='Recorded')),
                    ('next_try_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='Next attempt')),
                    ('lease_until', models.DateTimeField(null=True)),
                    ('attempts', models.PositiveIntegerField(default=0, verbose_name='Attempts')),
                    ('last_error', models.CharField(blank=True, help_text='A code, never a text.', max_length=40, verbose_name='Error')),
                    ('sent_at', models.DateTimeField(null=True, verbose_name='Sent at')),
                    ('read_at', models.DateTimeField(null=True, verbose_name='Read at')),
                    ('event', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='incidents.reportevent')),
                    ('membership', models.ForeignKey(help_text='As whom she hears it: over, it is not sent.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='entities.membership')),
                    ('notice', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='entities.notice')),
                    ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to=settings.AUTH_USER_MODEL, verbose_name='Person')),
                    ('gathers_until', models.DateTimeField(help_text='Waits until then (quiet hours, too many lately), and is told together with what waits too.', null=True)),
                    ('told_in', models.ForeignKey(help_text='The one mail that told of it.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='tells', to='notifications.delivery')),
                    ('delivered_at', models.DateTimeField(help_text='As the SMS gateway says.', null=True, verbose_name='Delivered at')),
                    ('resent', models.PositiveSmallIntegerField(db_default=0, default=0, help_text='How often it was sent anew after a receipt that it failed, up to RESENT.')),
                    ('outside', models.ForeignKey(db_index=False, help_text='In place of a person; found by delivery_of_notice_outside_once.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='incidents.outsidereader', verbose_name='Address outside the portal')),
                ],
                options={
                    'verbose_name': 'Delivery',
                    'verbose_name_plural': 'Deliveries',
                    'indexes': [models.Index(condition=models.Q(('state', 'pending')), fields=['next_try_at'], name='delivery_to_send'), models.Index(condition=models.Q(('state', 'leased')), fields=['lease_until'], name='delivery_leased'), models.Index(condition=models.Q(('channel', 'in_app'), ('read_at__isnull', True)), fields=['person'], name='delivery_unread'), models.Index(condition=models.Q(('channel', 'in_app')), fields=['person', '-created_at'], name='delivery_inbox'), models.Index(fields=['person', 'channel', 'sent_at'], name='delivery_lately')],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('event__isnull', False), ('notice__isnull', True)), models.Q(('event__isnull', True), ('notice__isnull', False)), _connector='OR'), name='delivery_tells_of_one_thing'), models.UniqueConstraint(fields=('event', 'person', 'channel'), name='delivery_of_event_once'), models.UniqueConstraint(fields=('notice', 'person', 'channel'), name='delivery_of_notice_once'), models.CheckConstraint(condition=models.Q(models.Q(('membership__isnull', False), ('outside__isnull', True), ('person__isnull', False)), models.Q(('channel', 'email'), ('membership__isnull', True), ('outside__isnull', False), ('person__isnull', True)), _connector='OR'), name='delivery_to_one_reader'), models.UniqueConstraint(condition=models.Q(('outside__isnull', False)), fields=('outside', 'notice'), name='delivery_of_notice_outside_once')],
                },
            ),
            migrations.CreateModel(
                name='Follow',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('entity', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='follows', to='entities.entity')),
                    ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='follows', to='entities.membership')),
                    ('report', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='follows', to='incidents.report')),
                    ('service', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='follows', to='entities.digitalservice')),
                ],
                options={
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('entity__isnull', True), ('report__isnull', False), ('service__isnull', True)), models.Q(('entity__isnull', True), ('report__isnull', True), ('service__isnull', False)), models.Q(('entity__isnull', False), ('report__isnull', True), ('service__isnull', True)), _connector='OR'), name='follow_of_one_thing'), models.UniqueConstraint(fields=('membership', 'report'), name='follow_of_report_once'), models.UniqueConstraint(fields=('membership', 'service'), name='follow_of_service_once'), models.UniqueConstraint(fields=('membership', 'entity'), name='follow_of_entity_once')],
                },
            ),
            migrations.CreateModel(
                name='Preference',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('no_mail', models.JSONField(default=list, help_text='Topics (notifications.topics) that are not mailed.')),
                    ('no_sms', models.JSONField(default=list, help_text='Topics of which no SMS is sent.')),
                    ('quiet_from', models.TimeField(help_text='In Riyadh; with the end, or neither.', null=True)),
                    ('quiet_until', models.TimeField(null=True)),
                    ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='preference', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'Message settings',
                    'verbose_name_plural': 'Message settings',
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('quiet_from__isnull', True), ('quiet_until__isnull', True)), models.Q(('quiet_from__isnull', False), ('quiet_until__isnull', False), models.Q(('quiet_from', models.F('quiet_until')), _negated=True)), _connector='OR'), name='preference_quiet_hours_whole')],
                },
            ),
            migrations.CreateModel(
                name='Reconciled',
                fields=[
                    ('name', models.CharField(max_length=20, primary_key=True, serialize=False)),
                    ('event', models.PositiveBigIntegerField(help_text='The last event that has been compared.')),
                    ('at', models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name='Hole',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('key', models.CharField(help_text='event:<id> or clock:<id>:<mark>', max_length=60, unique=True)),
                    ('reference', models.CharField(max_length=20)),
                    ('missing', models.PositiveIntegerField(help_text='People without a message; of a clock 0.')),
                    ('found_at', models.DateTimeField()),
                    ('mended_at', models.DateTimeField(null=True)),
                ],
                options={
                    'indexes': [models.Index(condition=models.Q(('mended_at__isnull', True)), fields=['found_at'], name='hole_open')],
                },
            ),
        ),
        secure(
            POLICIES,
            "notifications_delivery", "notifications_follow", "notifications_preference",
        ),
    ]
