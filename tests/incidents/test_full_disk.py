"""A disk that fills up under an upload: 507 in both languages, and nothing half-written."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files import File
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpResponse
from django.test import Client, RequestFactory

from entities.models import User
from entities.storage import is_disk_full
from incidents.models import Report
from outage_portal.middleware import RejectBadText
from tests.incidents.pages import add, text_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four bytes find room, as Django would write them, and no more."""

    def half(self: FileSystemStorage, name: str, content: File[bytes]) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"%PDF")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", half)


@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without"])
@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_keeps_nothing_and_says_so_in_both_languages(
    client_of: ClientOf, report: Report, filer: User, settings: Any, script: bool
) -> None:
    response = add(client_of(filer), report, "notes.txt", b"text", script=script)
    assert response.status_code == 507
    assert "The file could not be kept" in text_of(response)
    assert "تعذّر حفظ الملف" in text_of(response)
    assert not report.attachments.exists()
    assert not report.events.filter(kind="ATTACHED").exists()
    assert [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()] == []


def test_a_disk_that_is_full_while_the_file_arrives_is_answered_the_same(
    client_of: ClientOf, report: Report, filer: User, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    def no_room(*args: object, **kwargs: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", no_room)
    large = b"x" * (settings.FILE_UPLOAD_MAX_MEMORY_SIZE + 1)
    assert add(client_of(filer), report, "large.log", large).status_code == 507
    assert not report.attachments.exists()


def test_what_still_comes_is_read_or_the_answer_would_be_lost(
    monkeypatch: pytest.MonkeyPatch, rf: RequestFactory, settings: Any
) -> None:
    def no_room(*args: object, **kwargs: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", no_room)
    large = SimpleUploadedFile("large.log", b"x" * (settings.FILE_UPLOAD_MAX_MEMORY_SIZE + 1))
    for fields, status in (({"file": large}, 507), ({"words": "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)}, 413)):
        request = rf.post("/reports/", fields)
        assert RejectBadText(lambda request: HttpResponse())(request).status_code == status
        assert request.read() == b""


def test_another_fault_of_the_disk_is_not_called_full() -> None:
    assert is_disk_full(OSError(errno.EDQUOT, "Disk quota exceeded"))
    assert is_disk_full(OSError(errno.EFBIG, "File too large"))  # for the limit that the process runs under
    assert not is_disk_full(OSError(errno.EIO, "Input/output error"))
