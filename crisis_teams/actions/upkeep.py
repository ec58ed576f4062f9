"""What keeps a team true: its confirmation every 90 days, and the decision that formed it."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from pathlib import PurePath

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from crisis_teams.actions.seats import lock
from crisis_teams.history import Deed, record
from crisis_teams.models import CrisisTeam
from entities.models import Entity, Notice, User


@transaction.atomic
def register_team(entity: Entity, *, at: datetime | None = None, by: User) -> CrisisTeam:
    """Register the team of an entity whose people came by another way than an appointment. Once; then as it was."""
    lock(entity)
    team, created = CrisisTeam.objects.get_or_create(entity=entity)
    if created:
        record(Deed.REGISTERED, entity=entity, at=at, by=by)
    return team


@transaction.atomic
def confirm_team(team: CrisisTeam, *, at: datetime | None = None, by: User) -> CrisisTeam:
    """Say that the contact data is right: that counts for 90 days (T1). A second tap changes nothing."""
    lock(team.entity)
    team = CrisisTeam.objects.select_related("entity").get(pk=team.pk)
    moment = at or timezone.now()
    if team.confirmed_at and moment - team.confirmed_at < timedelta(minutes=1):
        return team
    team.confirmed_at, team.confirmed_by = moment, by
    team.save(update_fields=["confirmed_at", "confirmed_by"])
    record(Deed.CONFIRMED, entity=team.entity, at=at, by=by)
    return team


@transaction.atomic
def attach_decision(
    team: CrisisTeam,
    *,
    reference: str,
    day: date,
    upload: UploadedFile[bytes],
    content_type: str,
    at: datetime | None = None,
    by: User,
) -> CrisisTeam:
    """Keep a checked file as the decision that formed the team; the one before it is deleted after the commit."""
    lock(team.entity)
    team = CrisisTeam.objects.select_related("entity").get(pk=team.pk)
    storage, before = team.decision_file.storage, team.decision_file.name
    digest = hashlib.sha256(b"".join(upload.chunks())).hexdigest()
    upload.seek(0)
    name = PurePath(upload.name or "decision").name[-150:]
    team.decision_reference, team.decision_date = reference, day
    team.decision_name, team.decision_type = name, content_type
    team.decision_file.save(name, upload, save=False)
    team.save()
    record(Deed.DECISION, entity=team.entity, reference=reference, sha256=digest, at=at, by=by)
    if before:
        transaction.on_commit(lambda: storage.delete(before), robust=True)
    return team


@transaction.atomic
def remind_stale_teams(*, at: datetime) -> int:
    """Write one notice for each team whose confirmation is 90 days old, and say how many are due. For the sweep."""
    notices = [
        Notice(
            kind=Notice.Kind.TEAM_STALE,
            key=f"team-stale:{team.entity.code}:{(team.confirmed_at or team.created_at).isoformat()}",
            entity=team.entity,
            at=at,
        )
        for team in CrisisTeam.objects.stale(at=at).select_related("entity")
    ]
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    return len(notices)
