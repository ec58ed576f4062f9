"""What a module has built once is new to each of its tests, whatever the one before has made of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from incidents.models import Report
from tests.factories import a_report
from tests.once import Once

pytestmark = pytest.mark.django_db


def a_report_and_a_file() -> Report:
    default_storage.save("kept.txt", ContentFile(b"kept"))
    return a_report(summary="كما بُني")


@pytest.fixture(scope="module")
def built(once: Once) -> Report:
    return once.build(a_report_and_a_file)


@pytest.mark.parametrize("turn", range(2))
def test_each_test_finds_it_as_it_was_built(once: Once, built: Report, turn: int) -> None:
    report, folder = once.again(built), Path(settings.MEDIA_ROOT)
    assert report == built and report is not built
    assert [report.summary, *Report.objects.values_list("summary", flat=True)] == ["كما بُني", "كما بُني"]
    assert [file.name for file in folder.iterdir()] == ["kept.txt"]
    assert (folder / "kept.txt").read_bytes() == b"kept"
    report.summary = f"غُيّر {turn}"
    report.entity.code = "changed"
    report.save()
    a_report()
    (folder / "kept.txt").write_bytes(b"changed")
    default_storage.save("another.txt", ContentFile(b"another"))
