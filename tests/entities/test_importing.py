"""The catalogue as a spreadsheet: shown first, written at one word, and never a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entities.importing import EntityImport, ServiceImport, SheetRefused
from entities.importing.plan import State
from entities.importing.sheets import MAX_BYTES, MAX_ROWS, decode, read, write
from entities.models import AuditEvent, DigitalService, Entity, User
from entities.permissions import Role
from outage_portal.seed.catalogue import HERE
from tests.factories import a_person, a_sector, a_service, an_entity
from tests.signing import confirmed, is_asked, make_stale

ENTITIES = "code,abbreviation,name_ar,name_en,kind,sector\n"
SERVICES = "entity,code,name_ar,name_en,tier,users_per_day,rto_minutes\n"
LIST, IMPORT = "admin:entities_{}_changelist", "admin:entities_{}_import"


# --- The file -------------------------------------------------------------------------------------------------
def lines(text: str) -> list[tuple[int, dict[str, str]]]:
    return [(line.number, line.cells) for line in read(text, required=["code", "name"], optional=["note"])]


def test_commas_and_semicolons_are_read_with_and_without_a_mark() -> None:
    for content in (b"code,name\na,b\n", b"\xef\xbb\xbfcode;name\r\na;b\r\n"):
        assert lines(decode(content)) == [(2, {"code": "a", "name": "b"})]


def test_a_row_is_numbered_by_the_line_it_begins_in_and_empty_ones_do_not_count() -> None:
    text = 'name,code,note\n"two\nlines",a,\n,,\nthree,b,x\n'
    assert [number for number, _cells in lines(text)] == [2, 5]


@pytest.mark.parametrize(
    "text",
    ["", "code\na\n", "code,name,x\na,b,c\n", "code,name,code\na,b,c\n", "code,name\n", "code,name\na\n",
     'code,name\n"a,b\n', "code,name\n" + "a,b\n" * (MAX_ROWS + 1)],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_words(text: str) -> None:
    with pytest.raises(SheetRefused):
        lines(text)


def test_a_large_or_foreign_file_is_refused() -> None:
    for content in (b"x" * (MAX_BYTES + 1), "الاسم".encode("cp1256"), "x".encode("utf-16")):
        with pytest.raises(SheetRefused):
            decode(content)


@pytest.mark.parametrize("cell", ["=1+1", "+966", "-5", "@x", "'=1", "''@x", "plain", "it's", "'quoted'"])
def test_no_cell_is_a_formula_and_every_cell_comes_back(cell: str) -> None:
    content = write([["code", "name"], ["a", cell]])
    written = content.decode("utf-8-sig").splitlines()[1].split(",")[1]
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert lines(decode(content)) == [(2, {"code": "a", "name": cell})]


# --- What it would do -----------------------------------------------------------------------------------------
pytestmark = pytest.mark.django_db


def entity_plan(rows: str, header: str = ENTITIES) -> list[tuple[State, list[str]]]:
    importing = EntityImport()
    return [(row.state, row.problems) for row in importing.plan(importing.lines(header + rows)).rows]


def test_rows_are_new_changed_or_unchanged() -> None:
    a_sector()
    there = an_entity(code="moi", name_ar="وزارة الداخلية", name_en="Interior")
    same = an_entity(code="moh", name_ar="وزارة الصحة", name_en="Health")
    rows = "moi,MOI,وزارة الداخلية,Interior,government,digital\nmoh,,وزارة الصحة,Health,government,digital\n"
    importing = EntityImport()
    plan = importing.plan(importing.lines(ENTITIES + rows + "new,,جهة جديدة,,operator,digital\n"))
    assert [row.state for row in plan.rows] == [State.CHANGED, State.UNCHANGED, State.NEW]
    assert [(old, new) for _label, old, new in plan.rows[0].changes] == [("", "MOI")]
    assert not Entity.objects.filter(code="new").exists()
    there.refresh_from_db()
    assert (there.abbreviation, same.abbreviation) == ("", "")


@pytest.mark.parametrize(
    "row",
    ["x,,جهة,,government,nowhere", "x,,جهة,,ministry,digital", "x,,,,government,digital",
     "a b,,جهة,,government,digital",
     "x,,جهة,,regulator,digital", "there,,جهة,,operator,digital", "_unknown,,جهة,,government,digital",
     "x," + "A" * 21 + ",جهة,,government,digital", ",,جهة,,government,digital"],
)  # fmt: skip
def test_a_wrong_entity_is_told(row: str) -> None:
    an_entity(code="there")
    ((state, problems),) = entity_plan(row + "\n")
    assert state == State.WRONG
    assert problems


def test_the_same_code_twice_names_the_other_line() -> None:
    a_sector()
    row = "x,,جهة,,government,digital\n"
    assert [state for state, _problems in entity_plan(row + row)] == [State.NEW, State.WRONG]
    assert "2" in entity_plan(row + row)[1][1][0]


def test_the_authority_is_not_switched_off() -> None:
    an_entity(authority=True)
    header = "code,abbreviation,name_ar,name_en,kind,sector,active\n"
    row = "dga,,هيئة الحكومة الرقمية,Digital Government Authority,regulator,digital,0\n"
    assert entity_plan(row, header)[0][0] == State.WRONG


@pytest.mark.parametrize(
    "row",
    ["x,s,خدمة,,1,,", "moi,s,خدمة,,9,,", "moi,s,خدمة,,,,", "moi,s,خدمة,,1,-5,", "moi,s,خدمة,,1,many,",
     "moi,s s,خدمة,,1,,",
     "moi,s,,,1,,", "moi,s,خدمة,,1,99999999999,"],
)  # fmt: skip
def test_a_wrong_service_is_told(row: str) -> None:
    an_entity(code="moi")
    importing = ServiceImport()
    plan = importing.plan(importing.lines(SERVICES + row + "\n"))
    assert plan.rows[0].problems
    assert not plan.may_apply


def test_columns_that_are_left_out_stay_as_they_are() -> None:
    service = a_service(entity=an_entity(code="moi"), code="absher", channels=["web"], is_active=False)
    importing = ServiceImport()
    row = f"moi,absher,{service.name_ar},{service.name_en},٢,١٢٠٠٠٠,120\n"
    plan = importing.plan(importing.lines(SERVICES + row))
    assert [(old, new) for _label, old, new in plan.rows[0].changes] == [("1", "2")]


@pytest.mark.parametrize("importing", [EntityImport, ServiceImport])
def test_an_export_changes_nothing_when_it_comes_back(importing: Any) -> None:
    a_service(entity=an_entity(name_en="=HYPERLINK(1)"), name_ar="-خدمة", channels=["web", "api"], users_per_day=None)
    sheet = importing()
    content = write([sheet.header(), *sheet.rows()])
    assert b",=" not in content
    again = importing()
    assert {row.state for row in again.plan(again.lines(decode(content))).rows} == {State.UNCHANGED}


def test_the_demos_own_files_are_read() -> None:
    for code in {line.split(",")[0] for line in (HERE / "sectors.csv").read_text().splitlines()[1:]}:
        a_sector(code)
    an_entity(authority=True)
    importing = EntityImport()
    plan = importing.plan(importing.lines((HERE / "entities.csv").read_text()))
    assert plan.of(State.WRONG) == []


# --- At the desk ----------------------------------------------------------------------------------------------
@pytest.fixture
def admin() -> User:
    return a_person(Role.ADMIN)


@pytest.fixture
def browser(admin: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(admin)


def upload(browser: Client, text: str, model: str = "entity") -> HttpResponse:
    file = SimpleUploadedFile("rows.csv", text.encode(), content_type="text/csv")
    return browser.post(reverse(IMPORT.format(model)), {"file": file})  # type: ignore[return-value]


def token(page: HttpResponse) -> str:
    found = re.search(r'name="confirm"\s+value="([^"]+)"', page.content.decode())
    return found.group(1) if found else ""


def confirm(browser: Client, page: HttpResponse, model: str = "entity") -> HttpResponse:
    return browser.post(reverse(IMPORT.format(model)), {"confirm": token(page)})  # type: ignore[return-value]


def test_nothing_is_written_before_the_confirmation(browser: Client, admin: User) -> None:
    page = upload(browser, ENTITIES + "x,,جهة جديدة,,government,digital\n")
    assert page.status_code == 200
    assert token(page)
    assert not Entity.objects.filter(code="x").exists()
    assert confirm(browser, page).status_code == 302
    assert Entity.objects.get(code="x").name_ar == "جهة جديدة"
    line = AuditEvent.objects.get(action=AuditEvent.Action.CATALOGUE)
    assert (line.entity.code, line.person, line.data["imported"]) == ("x", admin.public_id, True)


def test_one_wrong_row_blocks_the_rest(browser: Client) -> None:
    page = upload(browser, ENTITIES + "x,,جهة,,government,digital\ny,,جهة,,government,nowhere\n")
    assert page.status_code == 422
    assert not token(page)
    assert "nowhere" in page.content.decode()


def test_services_are_written_with_their_search_and_their_lines(browser: Client, admin: User) -> None:
    old = a_service(entity=an_entity(code="moi"), code="absher")
    rows = "moi,absher,أبشر,Absher,0,100,30\nmoi,new,خدمة المركبات,Vehicles,2,,\n"
    assert confirm(browser, upload(browser, SERVICES + rows, "digitalservice"), "digitalservice").status_code == 302
    old.refresh_from_db()
    assert (old.name_en, old.tier) == ("Absher", 0)
    assert set(DigitalService.objects.matching("ابشر")) == {old}
    assert DigitalService.objects.matching("المركبات").get().code == "new"
    line = AuditEvent.objects.get(action=AuditEvent.Action.CATALOGUE)
    assert line.data["added"] == ["moi.new"]
    assert "tier" in line.data["fields"]["moi.absher"]


def test_a_renamed_entity_keeps_the_search_of_its_services_true(browser: Client) -> None:
    service = a_service(entity=an_entity(code="moi"))
    confirm(browser, upload(browser, ENTITIES + "moi,,أمانة المدينة,,government,digital\n"))
    assert DigitalService.objects.matching("امانه المدينه").get() == service


def test_a_catalogue_that_changed_since_the_preview_is_not_written_over(browser: Client) -> None:
    entity = an_entity(code="moi")
    page = upload(browser, ENTITIES + "moi,,أمانة المدينة,,government,digital\n")
    Entity.objects.filter(pk=entity.pk).update(name_ar="اسم آخر")
    assert confirm(browser, page)["Location"] == reverse(IMPORT.format("entity"))
    entity.refresh_from_db()
    assert entity.name_ar == "اسم آخر"


@pytest.mark.parametrize("forged", ["", "x", "a:b:c"])
def test_a_forged_confirmation_writes_nothing(forged: str, browser: Client) -> None:
    assert browser.post(reverse(IMPORT.format("entity")), {"confirm": forged}).status_code == 302
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.CATALOGUE).exists()


def test_a_preview_of_entities_confirms_no_services(browser: Client) -> None:
    page = upload(browser, ENTITIES + "x,,جهة,,government,digital\n")
    assert confirm(browser, page, "digitalservice").status_code == 302
    assert not Entity.objects.filter(code="x").exists()


@pytest.mark.parametrize("text", ["", "nothing", "code;name\n"])
def test_a_file_that_is_none_is_said_on_the_page(text: str, browser: Client) -> None:
    page = upload(browser, text)
    assert page.status_code == 422
    assert "errorlist" in page.content.decode()


@pytest.mark.parametrize("model", ["entity", "digitalservice"])
def test_template_and_export_are_downloaded(model: str, browser: Client) -> None:
    a_service()
    for name, ask in (("template", browser.get), ("export", browser.post)):
        file = ask(reverse(f"admin:entities_{model}_{name}"))
        assert file.status_code == 200
        assert file["Content-Disposition"].startswith("attachment")
        assert file.content.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR])
@pytest.mark.parametrize("model", ["entity", "digitalservice"])
def test_an_export_waits_for_a_fresh_proof_and_is_a_line_of_the_log(
    model: str, role: Role, client_of: Callable[[User], Client]
) -> None:
    a_service()
    person, path = a_person(role), reverse(f"admin:entities_{model}_export")
    browser = make_stale(client_of(person))
    page = browser.get(path)
    assert "attachment" not in str(page.headers)  # reading the page is not asked for
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.EXPORTED).exists()
    assert is_asked(browser.post(path))
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.EXPORTED).exists()
    file = confirmed(browser)
    assert file["Content-Disposition"].startswith("attachment")
    line = AuditEvent.objects.get(action=AuditEvent.Action.EXPORTED)
    rows = len(list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))) - 1
    assert (line.person, line.data) == (person.public_id, {"model": model, "format": "csv", "rows": rows})
    assert rows > 0


@pytest.mark.usefixtures("own_cache", "one_window")
def test_exports_of_the_desk_count_with_the_others(browser: Client) -> None:
    path = reverse("admin:entities_entity_export")
    assert [browser.post(path).status_code for _n in range(6)] == [200] * 5 + [429]
    assert browser.get(path).status_code == 200


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_page_asks_in_both_languages(prefix: str, browser: Client) -> None:
    page = browser.get(f"{prefix}/admin/entities/entity/import/")
    assert page.status_code == 200
    said = page.content.decode()
    assert "<style" not in said
    assert ("Choose a file" if prefix else "اختيار ملف") in said, "not in the browser's own language"
    assert ("No file chosen yet" if prefix else "لم يُختر ملف بعد") in said


def test_a_long_file_asks_no_more_questions_than_a_short_one(browser: Client) -> None:
    def asked(rows: int) -> int:
        text = SERVICES + "".join(f"moi,s{n},خدمة,,1,,\n" for n in range(rows))
        with CaptureQueriesContext(connection) as queries:
            upload(browser, text, "digitalservice")
        return len(queries)

    an_entity(code="moi")
    asked(1)
    assert asked(300) == asked(3)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN])
def test_an_import_is_the_admins_alone(role: Role, client_of: Callable[[User], Client]) -> None:
    browser = client_of(a_person(role))
    for page in ("import", "template"):
        assert browser.get(reverse(f"admin:entities_entity_{page}")).status_code in {302, 403}
    assert upload(browser, ENTITIES + "x,,جهة,,government,digital\n").status_code in {302, 403}
