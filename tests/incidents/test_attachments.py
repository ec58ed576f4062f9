"""Attachments: what is taken, what is refused in which words, and how a file leaves again."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from entities.models import User
from entities.permissions import Role
from incidents import actions
from incidents.lifecycle import ReportKind
from incidents.models import Report
from incidents.models.attachment import MAX_A_REPORT, MAX_BYTES
from tests.factories import a_person, a_report, a_reviewer, a_service
from tests.incidents.pages import add, get, messages_of, text_of, upload

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(40)
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(40)
EXE = b"MZ\x90\x00\x03\x00\x00\x00" + bytes(200)


def office(folder: str, *more: str, listed: bool = True) -> bytes:
    """A zip in the shape of a Word or Excel file."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        if listed:
            archive.writestr("[Content_Types].xml", "<Types/>")
        for part in (f"{folder}/document.xml", *more):
            archive.writestr(part, "<w/>")
    return kept.getvalue()


TAKEN = {
    "report.pdf": PDF,
    "screen.png": PNG,
    "photo.jpg": JPG,
    "photo.JPEG": JPG,
    "minutes.docx": office("word"),
    "figures.xlsx": office("xl"),
    "notes.txt": "ملاحظات الفريق".encode(),
    "old.txt": "ملاحظات".encode("cp1256"),
    "excel.csv": "عمود\tقيمة".encode("utf-16"),
    "server.log": b"10:18 load balancer down\n",
    "rows.csv": b"a,b\n1,2\n",
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_file_that_is_what_it_says_is_kept(client_of: ClientOf, report: Report, filer: User, name: str) -> None:
    response = add(client_of(filer), report, name, TAKEN[name])
    assert response.status_code == 200, text_of(response)
    kept = report.attachments.get()
    assert kept.name == name
    with kept.file.open() as content:
        assert content.read() == TAKEN[name]
    assert text_of(response).strip().startswith("<li")
    assert report.events.filter(kind="ATTACHED").count() == 1


REFUSED = {
    "malware renamed to pdf": ("report.pdf", EXE, "not that of a .pdf file"),
    "malware renamed to txt": ("notes.txt", EXE, "not that of a .txt file"),
    "picture renamed to pdf": ("report.pdf", PNG, "not that of a .pdf file"),
    "page renamed to png": ("screen.png", b"<html><script>alert(1)</script>", "not that of a .png file"),
    "zip renamed to docx": ("minutes.docx", office("anything", listed=False), "not that of a .docx file"),
    "excel renamed to docx": ("minutes.docx", office("xl"), "not that of a .docx file"),
    "macros in a docx": ("minutes.docx", office("word", "word/vbaProject.bin"), "not that of a .docx file"),
    "macros in an xlsx": ("figures.xlsx", office("xl", "xl/VBAPROJECT.BIN"), "not that of a .xlsx file"),
    "broken zip as xlsx": ("figures.xlsx", b"PK\x03\x04" + bytes(30), "not that of a .xlsx file"),
    "binary as csv": ("rows.csv", b"a,b\x00\x01\x02", "not that of a .csv file"),
    "script": ("run.exe", EXE, "Files of this kind are not taken"),
    "archive": ("all.zip", office("word"), "Files of this kind are not taken"),
    "page": ("page.html", b"<html>", "Files of this kind are not taken"),
    "drawing with a script": ("logo.svg", b"<svg onload=alert(1)>", "Files of this kind are not taken"),
    "no extension": ("README", b"text", "Files of this kind are not taken"),
    "direction override": ("invoice\u202efdp.exe", EXE, "Files of this kind are not taken"),
    "empty": ("empty.txt", b"", "The file is empty"),
    "too large": ("large.log", b"x" * (MAX_BYTES + 1), "at most 10 MB"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_not_is_refused_with_its_own_sentence(
    client_of: ClientOf, report: Report, filer: User, case: str
) -> None:
    name, content, sentence = REFUSED[case]
    response = add(client_of(filer), report, name, content)
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert len(text_of(response)) < 2000  # the script shows short answers as they are
    assert not report.attachments.exists()


def test_without_a_script_a_refusal_is_the_page_with_the_sentence(
    client_of: ClientOf, report: Report, filer: User
) -> None:
    response = add(client_of(filer), report, "run.exe", EXE, script=False)
    assert response.status_code == 422
    assert "Files of this kind are not taken" in messages_of(response)
    assert report.reference in text_of(response)


def test_without_a_script_a_file_leads_back_to_the_page(client_of: ClientOf, report: Report, filer: User) -> None:
    browser = client_of(filer)
    response = add(browser, report, "notes.txt", b"text", script=False)
    assert response.status_code == 302
    assert "notes.txt" in text_of(get(browser, report))


def test_a_form_without_a_file_asks_for_one(client_of: ClientOf, report: Report, filer: User) -> None:
    response = client_of(filer).post(f"/en/reports/{report.reference}/files/", {"file": "words"})
    assert response.status_code == 422
    assert "Choose a file." in messages_of(response)


@pytest.mark.parametrize("number", ["1000000008", "١٠٠٠٠٠٠٠٠٨"])
def test_a_national_id_in_the_name_of_a_file_is_not_kept(
    client_of: ClientOf, report: Report, filer: User, number: str
) -> None:
    assert add(client_of(filer), report, f"{number} scan.pdf", PDF).status_code == 200
    assert report.attachments.get().name == "[national-id] scan.pdf"
    assert number not in str(list(report.events.values_list("data", flat=True)))


def test_the_same_bytes_twice_are_one_file(client_of: ClientOf, report: Report, filer: User) -> None:
    browser = client_of(filer)
    for _attempt in range(2):
        assert add(browser, report, "notes.txt", b"text").status_code == 200
    assert report.attachments.count() == 1
    assert report.events.filter(kind="ATTACHED").count() == 1


def test_the_twenty_sixth_file_is_refused(client_of: ClientOf, report: Report, filer: User) -> None:
    for number in range(MAX_A_REPORT):
        actions.attach(report, upload=upload(f"{number}.txt", b"%d" % number), content_type="text/plain", by=filer)
    response = add(client_of(filer), report, "more.txt", b"more")
    assert response.status_code == 422
    assert "at most 25 files" in text_of(response)


def test_a_body_beyond_every_limit_is_answered_with_a_sentence(
    client_of: ClientOf, report: Report, filer: User
) -> None:
    url = f"/en/reports/{report.reference}/files/"
    response = client_of(filer).post(url, {"file": upload("a.log", b"x")}, headers={"Content-Length": str(5 * 1024**3)})
    assert response.status_code == 413
    assert "10 MB" in text_of(response)


def test_a_closed_report_takes_no_file(client_of: ClientOf) -> None:
    report = a_report(ReportKind.CONSUMED_OUTAGE)
    filer = report.filed_by
    filer.acting = filer.memberships.select_related("entity").get()
    actions.withdraw(report, note="بلاغ مكرر", by=filer)
    actions.confirm_withdrawal(report, by=a_reviewer()) if Report.objects.get(pk=report.pk).withdrawal_reason else None
    browser = client_of(filer)
    assert 'type="file"' not in text_of(get(browser, report))
    assert add(browser, report, "late.txt", b"late").status_code == 422


# --- Leaving again -------------------------------------------------------------------------------------------------


def test_a_file_leaves_as_a_download_that_the_browser_does_not_run(
    client_of: ClientOf, report: Report, filer: User
) -> None:
    kept = actions.attach(report, upload=upload("سجل.pdf", PDF), content_type="application/pdf", by=filer)
    response = client_of(filer).get(reverse("attachment_download", args=[report.reference, kept.pk]))
    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "no-store"


def test_a_file_is_found_through_its_own_report_only(client_of: ClientOf, report: Report, filer: User) -> None:
    kept = actions.attach(report, upload=upload("a.txt", b"a"), content_type="text/plain", by=filer)
    other = a_report(by=filer)
    assert client_of(filer).get(reverse("attachment_download", args=[other.reference, kept.pk])).status_code == 404
    stranger = client_of(a_person(Role.DIRECTOR))
    assert stranger.get(reverse("attachment_download", args=[report.reference, kept.pk])).status_code == 404


def test_a_provider_gets_no_file_of_a_consumers_report(client_of: ClientOf) -> None:
    provider = a_service(tier=0)
    report = a_report(ReportKind.CONSUMED_OUTAGE, provider=provider)
    filer = report.filed_by
    filer.acting = filer.memberships.select_related("entity").get()
    kept = actions.attach(report, upload=upload("a.txt", b"a"), content_type="text/plain", by=filer)
    owner = client_of(a_person(Role.DIRECTOR, entity=provider.entity))
    assert "a.txt" not in text_of(get(owner, report))
    assert owner.get(reverse("attachment_download", args=[report.reference, kept.pk])).status_code == 404


def test_a_file_that_the_disk_has_lost_is_not_found(client_of: ClientOf, report: Report, filer: User) -> None:
    kept = actions.attach(report, upload=upload("a.txt", b"a"), content_type="text/plain", by=filer)
    kept.file.storage.delete(kept.file.name)
    assert client_of(filer).get(reverse("attachment_download", args=[report.reference, kept.pk])).status_code == 404
