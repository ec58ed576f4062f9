"""Attaching a file: after the text, one file a request, each tried again by itself."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import PurePath

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from entities.models import User
from incidents.actions.moves import conclude, take
from incidents.errors import MoveRefused
from incidents.lifecycle import EventKind
from incidents.models import Attachment, Report
from incidents.models.attachment import MAX_A_REPORT, MAX_BYTES_AN_ENTITY


@transaction.atomic
def attach(
    report: Report, *, upload: UploadedFile[bytes], content_type: str, at: datetime | None = None, by: User
) -> Attachment:
    """Keep a checked file under a name of our own. The same bytes twice are one file. Raises MoveRefused."""
    report, move = take(report, "attach", by=by)
    digest = hashlib.sha256(b"".join(upload.chunks())).hexdigest()
    if existing := report.attachments.filter(sha256=digest).first():
        return existing
    if report.attachments.count() >= MAX_A_REPORT:
        raise MoveRefused(_("A report holds at most %(count)d files.") % {"count": MAX_A_REPORT})
    kept = Attachment.objects.filter(report__entity=report.entity_id).aggregate(sum=Sum("size"))["sum"] or 0
    if kept + (upload.size or 0) > MAX_BYTES_AN_ENTITY:
        raise MoveRefused(_("Your entity's files fill their 2 GB."))
    name = PurePath(upload.name or "file").name[-150:]
    attachment = Attachment(
        report=report,
        name=name,
        content_type=content_type,
        size=upload.size or 0,
        sha256=digest,
        added_by=by,
        added_at=at or timezone.now(),
    )
    upload.seek(0)
    attachment.file.save(name, upload, save=False)
    attachment.save(force_insert=True)
    data = {"attachment": str(attachment.pk), "name": name, "sha256": digest}
    conclude(report, move, kind=EventKind.ATTACHED, at=at, data=data, by=by)
    return attachment
