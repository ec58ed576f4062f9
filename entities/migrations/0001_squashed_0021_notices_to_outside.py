import uuid

import django.db.models.deletion
import django.db.models.fields.json
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from entities.founding import CreateTables
from entities.guards import guard
from entities.row_security import POLICIES, secure


class Migration(migrations.Migration):
    """What the migrations named below come to: a new database is made in one step (tests/test_migrations.py)."""

    initial = True

    replaces = [
        ("entities", "0001_initial"),
        ("entities", "0002_audit_guard"),
        ("entities", "0003_unlisted_and_last_membership"),
        ("entities", "0004_newest_of_the_log"),
        ("entities", "0005_sessions_carry_their_person"),
        ("entities", "0006_names_of_the_log"),
        ("entities", "0007_breaker_and_code"),
        ("entities", "0008_row_security"),
        ("entities", "0009_privacy"),
        ("entities", "0010_step_up"),
        ("entities", "0011_break_glass"),
        ("entities", "0012_duty_of_the_log"),
        ("entities", "0013_policy_by_two_admins"),
        ("entities", "0014_messages_missing"),
        ("entities", "0015_silent_outage_notices"),
        ("entities", "0016_notices_of_incidents"),
        ("entities", "0017_dependency_state"),
        ("entities", "0018_dependency_denied"),
        ("entities", "0019_histories_verified"),
        ("entities", "0020_file_exported"),
        ("entities", "0021_notices_to_outside"),
    ]

    dependencies = [
    ]

    operations = [
        CreateTables(
            migrations.CreateModel(
                name='User',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name_ar', models.CharField(max_length=200, verbose_name='Arabic name')),
                    ('name_en', models.CharField(blank=True, max_length=200, verbose_name='English name')),
                    ('password', models.CharField(max_length=128, verbose_name='password')),
                    ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                    ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('national_id_digest', models.CharField(editable=False, max_length=120, unique=True)),
                    ('national_id_last4', models.CharField(editable=False, max_length=4, verbose_name='Last four digits of the ID')),
                    ('mobile', models.CharField(blank=True, max_length=16, verbose_name='Mobile')),
                    ('email', models.EmailField(blank=True, max_length=254, verbose_name='E-mail')),
                    ('language', models.CharField(choices=[('ar', 'العربية'), ('en', 'English')], default='ar', max_length=2, verbose_name='Language of messages')),
                    ('is_active', models.BooleanField(default=True, verbose_name='Active')),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                    ('last_membership', models.ForeignKey(editable=False, help_text='Used last.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='entities.membership')),
                    ('forgotten_at', models.DateTimeField(editable=False, help_text='Nothing here names anybody since then.', null=True)),
                    ('notice_at', models.DateTimeField(editable=False, null=True)),
                    ('notice_version', models.CharField(blank=True, editable=False, help_text='The privacy notice that she has seen.', max_length=20)),
                ],
                options={
                    'verbose_name': 'Person',
                    'verbose_name_plural': 'People',
                },
            ),
            migrations.CreateModel(
                name='Entity',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name_ar', models.CharField(max_length=200, verbose_name='Arabic name')),
                    ('name_en', models.CharField(blank=True, max_length=200, verbose_name='English name')),
                    ('code', models.SlugField(max_length=40, unique=True, verbose_name='Code')),
                    ('abbreviation', models.CharField(blank=True, max_length=20, verbose_name='Abbreviation')),
                    ('kind', models.CharField(choices=[('government', 'Government entity'), ('operator', 'Operator of government services'), ('regulator', 'The authority')], default='government', max_length=20, verbose_name='Kind')),
                    ('is_fictional', models.BooleanField(default=False, help_text='Only in the demo.', verbose_name='Fictional')),
                    ('is_active', models.BooleanField(default=True, verbose_name='Active')),
                    ('sector', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entities', to='entities.sector', verbose_name='Sector')),
                ],
                options={
                    'verbose_name': 'Entity',
                    'verbose_name_plural': 'Entities',
                    'ordering': ['name_ar'],
                },
            ),
            migrations.CreateModel(
                name='Sector',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name_ar', models.CharField(max_length=200, verbose_name='Arabic name')),
                    ('name_en', models.CharField(blank=True, max_length=200, verbose_name='English name')),
                    ('code', models.SlugField(max_length=40, unique=True, verbose_name='Code')),
                ],
                options={
                    'verbose_name': 'Sector',
                    'verbose_name_plural': 'Sectors',
                    'ordering': ['name_ar'],
                },
            ),
            migrations.CreateModel(
                name='ChainHead',
                fields=[
                    ('entity', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='entities.entity')),
                    ('seq', models.PositiveBigIntegerField(default=0)),
                    ('hash', models.CharField(default='0000000000000000000000000000000000000000000000000000000000000000', max_length=64)),
                    ('checkpoint_hash', models.CharField(default='0000000000000000000000000000000000000000000000000000000000000000', max_length=64)),
                    ('checkpoint_seq', models.PositiveBigIntegerField(default=0)),
                ],
            ),
            migrations.CreateModel(
                name='DigitalService',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name_ar', models.CharField(max_length=200, verbose_name='Arabic name')),
                    ('name_en', models.CharField(blank=True, max_length=200, verbose_name='English name')),
                    ('code', models.SlugField(max_length=60, verbose_name='Code')),
                    ('tier', models.PositiveSmallIntegerField(choices=[(0, '0 · national shared service'), (1, '1 · critical'), (2, '2 · important'), (3, '3 · ordinary')], default=3, verbose_name='Tier')),
                    ('users_per_day', models.PositiveIntegerField(blank=True, null=True, verbose_name='Users a day')),
                    ('rto_minutes', models.PositiveIntegerField(blank=True, help_text='Minutes', null=True, verbose_name='Recovery time objective')),
                    ('channels', models.JSONField(blank=True, default=list, verbose_name='Channels')),
                    ('beneficiaries', models.JSONField(blank=True, default=list, verbose_name='Beneficiaries')),
                    ('is_active', models.BooleanField(default=True, verbose_name='Active')),
                    ('search_text', models.CharField(default='', editable=False, max_length=700)),
                    ('entity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='services', to='entities.entity', verbose_name='Entity')),
                    ('listed', models.BooleanField(default=True, editable=False, verbose_name='In the catalogue')),
                    ('owner_named', models.CharField(blank=True, editable=False, max_length=200, verbose_name='Owner, as named')),
                ],
                options={
                    'verbose_name': 'Digital service',
                    'verbose_name_plural': 'Digital services',
                    'ordering': ['tier', 'name_ar'],
                    'constraints': [models.UniqueConstraint(fields=('entity', 'code'), name='service_code_once_an_entity'), models.CheckConstraint(condition=models.Q(('tier__lte', 3)), name='service_tier_0_to_3')],
                },
            ),
            migrations.CreateModel(
                name='Membership',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('role', models.CharField(choices=[('IT_LEADER', 'IT leader'), ('DIRECTOR', 'Crisis team director'), ('ALTERNATE', 'Alternate director'), ('MEMBER', 'Crisis team member'), ('HEAD_CONTACT', 'Head contact'), ('REVIEWER', 'Reviewer'), ('LEAD', 'Lead reviewer'), ('AUDITOR', 'Auditor'), ('ADMIN', 'Admin')], max_length=20, verbose_name='Role')),
                    ('status', models.CharField(choices=[('INVITED', 'Invited, has not signed in yet'), ('ACTIVE', 'Active'), ('SUSPENDED', 'Suspended'), ('ENDED', 'Ended')], default='INVITED', max_length=10, verbose_name='Status')),
                    ('delegated', models.BooleanField(default=False, help_text='A member to whom the director delegates updates.', verbose_name='May send updates')),
                    ('valid_from', models.DateField(blank=True, null=True, verbose_name='From')),
                    ('valid_to', models.DateField(blank=True, null=True, verbose_name='To')),
                    ('ended_reason', models.CharField(blank=True, max_length=200, verbose_name='Reason of the end')),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                    ('entity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='entities.entity', verbose_name='Entity')),
                    ('invited_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='Invited by')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL, verbose_name='Person')),
                    ('ended_at', models.DateTimeField(editable=False, help_text='From then her data has its term.', null=True)),
                    ('may_break_glass', models.BooleanField(default=False, help_text='Of the authority only: may come in without Nafath, by a one-time link that a second person confirms.', verbose_name='Emergency access')),
                ],
                options={
                    'verbose_name': 'Membership',
                    'verbose_name_plural': 'Memberships',
                    'indexes': [models.Index(fields=['entity', 'role', 'status'], name='membership_by_role')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'ENDED'), _negated=True), fields=('user', 'entity', 'role'), name='membership_once_a_role'), models.UniqueConstraint(condition=models.Q(('role', 'DIRECTOR'), ('status__in', ['INVITED', 'ACTIVE'])), fields=('entity',), name='membership_one_director'), models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_from__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='membership_term_in_order'), models.CheckConstraint(condition=models.Q(('may_break_glass', False), ('role__in', ['ADMIN', 'AUDITOR', 'LEAD', 'REVIEWER']), _connector='OR'), name='membership_glass_of_authority')],
                },
            ),
            migrations.CreateModel(
                name='Notice',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('DRAFT_WAITS', 'A draft was not sent'), ('TEAM_STALE', 'The crisis team must be confirmed'), ('TEAM_CHANGED', 'The crisis team changed'), ('NAFATH_AWAY', 'Nafath does not answer'), ('CODE', 'A one-time code'), ('CODE_ENTERED', 'A session was opened with a code'), ('BREAK_GLASS', 'Emergency access'), ('POLICY_WAITS', 'A version of the policy awaits a second admin'), ('MESSAGES_MISSING', 'What should have been told and was not'), ('SILENT_OUTAGE', 'An outage is suspected'), ('SILENT_DENIED', 'The owner sees nothing wrong'), ('INCIDENT_OPENED', 'An incident groups reports'), ('SITUATION_WAITS', 'A situation report waits to be sent'), ('SITUATION_SENT', 'A situation report was sent'), ('OUTSIDE_ASKED', 'An address outside the portal was asked to confirm itself'), ('DEPENDENCY_DENIED', 'A dependency was denied'), ('CORRECTION_ASKED', 'A correction of personal data is asked for')], max_length=20)),
                    ('key', models.CharField(max_length=120, unique=True)),
                    ('data', models.JSONField(default=dict)),
                    ('at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('fanned_out_at', models.DateTimeField(blank=True, null=True)),
                    ('entity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='entities.entity')),
                    ('service', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='entities.digitalservice')),
                ],
                options={
                    'verbose_name': 'Notice',
                    'verbose_name_plural': 'Notices',
                    'indexes': [models.Index(condition=models.Q(('fanned_out_at__isnull', True)), fields=['id'], name='notice_to_fan_out')],
                },
            ),
            migrations.CreateModel(
                name='ServiceDependency',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('strength', models.CharField(choices=[('hard', 'Stops without it'), ('soft', 'Works worse without it')], default='hard', max_length=4, verbose_name='Strength')),
                    ('consumer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='relies_on', to='entities.digitalservice', verbose_name='Consumer')),
                    ('provider', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='relied_on_by', to='entities.digitalservice', verbose_name='Provider')),
                    ('state', models.CharField(choices=[('declared', 'Not confirmed yet'), ('confirmed', 'Confirmed by the provider'), ('denied', 'Denied by the provider')], default='declared', max_length=9, verbose_name='Confirmation')),
                    ('denial_reason', models.CharField(blank=True, max_length=300, verbose_name='Why it was denied')),
                    ('decided_by', models.UUIDField(editable=False, null=True)),
                    ('decided_at', models.DateTimeField(editable=False, null=True, verbose_name='Confirmed or denied at')),
                ],
                options={
                    'verbose_name': 'Dependency',
                    'verbose_name_plural': 'Dependencies',
                    'indexes': [models.Index(condition=models.Q(('state', 'declared')), fields=['provider'], name='dependency_to_confirm')],
                    'constraints': [models.UniqueConstraint(fields=('consumer', 'provider'), name='dependency_once'), models.CheckConstraint(condition=models.Q(('consumer', models.F('provider')), _negated=True), name='dependency_not_on_itself'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'denied'), models.Q(('denial_reason', ''), _negated=True)), models.Q(models.Q(('state', 'denied'), _negated=True), ('denial_reason', '')), _connector='OR'), name='dependency_denied_with_its_reason')],
                },
            ),
            migrations.CreateModel(
                name='AuditEvent',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('seq', models.PositiveBigIntegerField(verbose_name='Number')),
                    ('at', models.DateTimeField(verbose_name='Time')),
                    ('action', models.CharField(choices=[('SIGN_IN', 'Sign-in'), ('SIGN_IN_REFUSED', 'Sign-in refused'), ('SIGN_OUT', 'Sign-out'), ('SESSION_ENDED', 'Session ended'), ('MEMBERSHIP', 'Membership changed'), ('SWITCHED_ENTITY', 'Switched entity'), ('TEAM', 'Crisis team changed'), ('CATALOGUE', 'Catalogue changed'), ('CONFIGURATION', 'Configuration changed'), ('REVEALED', 'Personal data revealed'), ('READ', 'Report read'), ('DUTY', 'Duty roster changed'), ('EXPORTED', 'File exported'), ('CODE', 'Sign-in by a code'), ('BREAK_GLASS', 'Emergency access'), ('STEP_UP', 'Identity confirmed anew'), ('NOTICE_SEEN', 'Privacy notice acknowledged'), ('OWN_DATA', 'Own data downloaded'), ('CORRECTION', 'Correction of own data asked for'), ('PURGE', 'Removal of what is past its term'), ('VERIFIED', 'Histories verified')], max_length=20, verbose_name='Event')),
                    ('person', models.UUIDField(null=True)),
                    ('role', models.CharField(blank=True, max_length=20, verbose_name='Role')),
                    ('data', models.JSONField(default=dict)),
                    ('prev_hash', models.CharField(max_length=64)),
                    ('hash', models.CharField(max_length=64)),
                    ('entity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='audit_events', to='entities.entity', verbose_name='Entity')),
                ],
                options={
                    'verbose_name': 'Audit event',
                    'verbose_name_plural': 'Audit events',
                    'indexes': [models.Index(fields=['entity', 'action', '-seq'], name='audit_by_action'), models.Index(fields=['at', 'id'], name='audit_newest'), models.Index(fields=['entity', 'at', 'id'], name='audit_newest_of_entity'), models.Index(fields=['action', 'at', 'id'], name='audit_newest_of_action'), models.Index(fields=['person', 'at', 'id'], name='audit_newest_of_person'), models.Index(django.db.models.fields.json.KeyTransform('reference', 'data'), name='audit_by_reference')],
                    'constraints': [models.UniqueConstraint(fields=('entity', 'seq'), name='audit_seq_once')],
                },
            ),
            migrations.CreateModel(
                name='Session',
                fields=[
                    ('session_key', models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name='session key')),
                    ('session_data', models.TextField(verbose_name='session data')),
                    ('expire_date', models.DateTimeField(db_index=True, verbose_name='expire date')),
                    ('started_at', models.DateTimeField(null=True)),
                    ('seen_at', models.DateTimeField(null=True)),
                    ('address', models.GenericIPAddressField(null=True)),
                    ('browser', models.CharField(blank=True, max_length=20)),
                    ('system', models.CharField(blank=True, max_length=20)),
                    ('agent_hash', models.CharField(blank=True, max_length=64)),
                    ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'Session',
                    'verbose_name_plural': 'Sessions',
                },
            ),
            migrations.CreateModel(
                name='Breaker',
                fields=[
                    ('name', models.CharField(max_length=20, primary_key=True, serialize=False)),
                    ('failures', models.PositiveSmallIntegerField(default=0, help_text='Since `failing_since`, without a success.')),
                    ('failing_since', models.DateTimeField(null=True)),
                    ('opened_at', models.DateTimeField(null=True)),
                    ('tried_at', models.DateTimeField(help_text='The last try that was let through while it was open.', null=True)),
                    ('answered_at', models.DateTimeField(null=True)),
                    ('held_until', models.DateTimeField(help_text='Opened by hand; a forgotten hand lets go by itself.', null=True)),
                ],
            ),
        ),
        secure(
            POLICIES,
            "entities_auditevent", "entities_chainhead", "entities_notice",
        ),
        guard("entities_auditevent"),
    ]
