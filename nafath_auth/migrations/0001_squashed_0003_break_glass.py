import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from entities.founding import CreateTables
from entities.row_security import secure
from nafath_auth.row_security import POLICIES


class Migration(migrations.Migration):
    """What the migrations named below come to: a new database is made in one step (tests/test_migrations.py)."""

    initial = True

    replaces = [
        ("nafath_auth", "0001_push_transactions"),
        ("nafath_auth", "0002_door_code"),
        ("nafath_auth", "0003_break_glass"),
    ]

    dependencies = [
        ("entities", "0001_squashed_0021_notices_to_outside"),
    ]

    operations = [
        CreateTables(
            migrations.CreateModel(
                name='NafathTransaction',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('nid_digest', models.CharField(max_length=100)),
                    ('nid_encrypted', models.BinaryField(null=True)),
                    ('trans_id', models.CharField(blank=True, max_length=64)),
                    ('random', models.CharField(blank=True, max_length=2)),
                    ('state', models.CharField(choices=[('CREATED', 'Created'), ('WAITING', 'Waiting'), ('APPROVED', 'Approved'), ('VERIFIED', 'Verified'), ('REJECTED', 'Rejected'), ('EXPIRED', 'Expired'), ('FAILED', 'Failed'), ('CONSUMED', 'Consumed')], default='CREATED', max_length=8)),
                    ('state_id', models.CharField(max_length=64)),
                    ('client_ip', models.GenericIPAddressField()),
                    ('reference', models.CharField(blank=True, max_length=40)),
                    ('identity_encrypted', models.BinaryField(null=True)),
                    ('created_at', models.DateTimeField()),
                    ('expires_at', models.DateTimeField()),
                    ('asked_at', models.DateTimeField(null=True)),
                    ('approved_at', models.DateTimeField(null=True)),
                    ('decided_at', models.DateTimeField(null=True)),
                    ('consumed_at', models.DateTimeField(null=True)),
                ],
                options={
                    'indexes': [models.Index(fields=['nid_digest', 'created_at'], name='nafath_by_person'), models.Index(fields=['client_ip', 'created_at'], name='nafath_by_address')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('trans_id', ''), _negated=True), fields=('trans_id',), name='nafath_trans_id_once'), models.UniqueConstraint(condition=models.Q(('state__in', ('CREATED', 'WAITING', 'APPROVED'))), fields=('nid_digest',), name='nafath_one_pending_a_person'), models.CheckConstraint(condition=models.Q(('nid_encrypted__isnull', True), ('state__in', ('CREATED', 'WAITING', 'APPROVED')), _connector='OR'), name='nafath_number_while_pending'), models.CheckConstraint(condition=models.Q(('identity_encrypted__isnull', True), ('state', 'VERIFIED'), _connector='OR'), name='nafath_identity_until_used')],
                },
            ),
            migrations.CreateModel(
                name='DoorCode',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('nid_digest', models.CharField(max_length=120)),
                    ('state_id', models.CharField(max_length=64)),
                    ('address', models.CharField(max_length=50)),
                    ('tries', models.PositiveSmallIntegerField(default=0)),
                    ('created_at', models.DateTimeField()),
                    ('used_at', models.DateTimeField(null=True)),
                    ('confirmed_at', models.DateTimeField(help_text='When its person next proved to Nafath who she is.', null=True)),
                    ('membership', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='entities.membership')),
                ],
                options={
                    'indexes': [models.Index(fields=['nid_digest', 'created_at'], name='code_by_person'), models.Index(fields=['address', 'created_at'], name='code_by_address')],
                },
            ),
            migrations.CreateModel(
                name='BreakGlass',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('reference', models.CharField(max_length=6, unique=True)),
                    ('reason', models.CharField(max_length=200)),
                    ('key_digest', models.CharField(max_length=64, unique=True)),
                    ('created_at', models.DateTimeField()),
                    ('confirmed_at', models.DateTimeField(null=True)),
                    ('refused_at', models.DateTimeField(null=True)),
                    ('used_at', models.DateTimeField(null=True)),
                    ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('refused_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'indexes': [models.Index(fields=['created_at'], name='break_glass_newest')],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('confirmed_by', models.F('person')), _negated=True), models.Q(('confirmed_by', models.F('asked_by')), _negated=True)), name='break_glass_by_another'), models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at__isnull', True), ('confirmed_by__isnull', True)), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False)), _connector='OR'), name='break_glass_confirmed_by_whom'), models.CheckConstraint(condition=models.Q(('used_at__isnull', True), ('confirmed_at__isnull', False), _connector='OR'), name='break_glass_used_confirmed')],
                },
            ),
        ),
        secure(
            POLICIES,
            "nafath_auth_breakglass",
        ),
    ]
