"""Drafts: saved as they are typed, resumed by a colleague, gone once filed, and known to nobody else."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entities.models import DigitalService, Entity, User
from entities.permissions import Role
from incidents import actions
from incidents.forms.doors import DOORS
from incidents.models import Draft, Report
from tests.factories import a_person, a_report, a_reviewer, a_service, valid_id
from tests.incidents.typed import a_director, minimal

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
AUTOSAVE = {"X-Autosave": "1"}
OWN = DOORS["own-outage"]
SAVE = "/reports/new/own-outage/draft/"


@pytest.fixture
def mona() -> User:
    return a_director()


@pytest.fixture
def entity(mona: User) -> Entity:
    assert mona.acting is not None
    return mona.acting.entity


@pytest.fixture
def khalid(entity: Entity) -> User:
    return a_person(Role.ALTERNATE, entity=entity, name_en="Khalid Al-Otaibi", name_ar="خالد العتيبي")


@pytest.fixture
def service(entity: Entity) -> DigitalService:
    return a_service(entity=entity)


def typed(service: DigitalService, **more: Any) -> dict[str, Any]:
    return minimal("own-outage", service=service, **more)


def test_a_form_that_comes_back_with_mistakes_still_says_that_it_is_saved(
    mona: User, service: DigitalService, client_of: Browser
) -> None:
    browser, text = client_of(mona), typed(service, impact_level="")
    browser.post("/en" + SAVE, text, headers=AUTOSAVE)
    page = browser.post("/en" + OWN.url, text)
    assert page.status_code == 422
    assert "Draft, not sent — the authority does not know of it." in page.content.decode()


def test_an_autosave_keeps_the_text_and_says_that_nobody_knows(
    mona: User, service: DigitalService, client_of: Browser
) -> None:
    saved = client_of(mona).post("/en" + SAVE, typed(service), headers=AUTOSAVE)
    draft = Draft.objects.get()
    assert saved.status_code == 200
    assert "the authority does not know of it" in saved.content.decode()
    assert 'name="version" value="1"' in saved.content.decode()
    assert draft.service == service
    assert draft.text["impact_level"] == ["full"]
    assert not Report.objects.exists()


def test_an_untouched_form_leaves_no_draft(mona: User, client_of: Browser) -> None:
    blank = {"key": str(uuid.uuid4()), "services_q": "ناجز", "detected_at": "none", "share_identity": "yes"}
    assert client_of(mona).post(SAVE, blank, headers=AUTOSAVE).status_code == 204
    assert not Draft.objects.exists()


@pytest.mark.parametrize("slug", DOORS)
def test_a_colleague_resumes_it_on_another_device(
    slug: str, mona: User, khalid: User, service: DigitalService, client_of: Browser
) -> None:
    provider = a_service() if slug in {"because-of-another", "consumed-outage"} else None
    form = minimal(slug, service=service, provider=provider)
    client_of(mona).post(reverse("draft_save", args=[slug]), form, headers=AUTOSAVE)
    key = Draft.objects.get().key
    home = client_of(khalid).get("/").content.decode()
    assert f"{DOORS[slug].url}?draft={key}" in home
    page = client_of(khalid).get(f"{DOORS[slug].url}?draft={key}").content.decode()
    assert f'value="{key}"' in page
    assert 'name="version" value="1"' in page
    assert f'value="{service.pk}"' in page
    assert "error-summary" not in page


def test_a_half_draft_is_shown_without_complaints(mona: User, service: DigitalService, client_of: Browser) -> None:
    client_of(mona).post(SAVE, {"key": str(uuid.uuid4()), "services": service.pk, "summary": "عطل"}, headers=AUTOSAVE)
    page = client_of(mona).get(f"{OWN.url}?draft={Draft.objects.get().key}").content.decode()
    assert "field--invalid" not in page
    assert "عطل" in page


def test_filing_takes_the_draft_with_it(mona: User, service: DigitalService, client_of: Browser) -> None:
    form = typed(service)
    client_of(mona).post(SAVE, form, headers=AUTOSAVE)
    client_of(mona).post(OWN.url, {**form, "version": "1"})
    assert Report.objects.exists()
    assert not Draft.objects.exists()


def test_a_pair_takes_its_draft_with_it(mona: User, service: DigitalService, client_of: Browser) -> None:
    form = minimal("because-of-another", service=service, provider=a_service())
    client_of(mona).post(reverse("draft_save", args=["because-of-another"]), form, headers=AUTOSAVE)
    client_of(mona).post(DOORS["because-of-another"].url, form)
    assert Report.objects.count() == 2
    assert not Draft.objects.exists()


def test_a_stale_autosave_is_told_who_wrote_meanwhile(
    mona: User, khalid: User, service: DigitalService, client_of: Browser
) -> None:
    form = typed(service)
    client_of(mona).post(SAVE, form, headers=AUTOSAVE)
    client_of(khalid).post(SAVE, {**form, "version": "1", "summary": "كتبه خالد الآن"}, headers=AUTOSAVE)
    stale = client_of(mona).post("/en" + SAVE, {**form, "version": "1", "summary": "كتبته منى"}, headers=AUTOSAVE)
    page = stale.content.decode()
    assert stale.status_code == 409
    assert "Khalid Al-Otaibi changed this draft" in page
    assert "second" in page
    assert "data-autosave-again" in page
    assert Draft.objects.get().text["summary"] == ["كتبه خالد الآن"]


def test_keeping_mine_sends_the_version_that_was_shown(
    mona: User, khalid: User, service: DigitalService, client_of: Browser
) -> None:
    form = typed(service)
    client_of(mona).post(SAVE, form, headers=AUTOSAVE)
    client_of(khalid).post(SAVE, {**form, "version": "1"}, headers=AUTOSAVE)
    kept = client_of(mona).post(SAVE, {**form, "version": "2", "summary": "كتبته منى"}, headers=AUTOSAVE)
    assert kept.status_code == 200
    assert Draft.objects.get().text["summary"] == ["كتبته منى"]


def test_an_autosave_after_the_filing_is_told_the_report(
    mona: User, khalid: User, service: DigitalService, client_of: Browser
) -> None:
    form = typed(service)
    client_of(mona).post(SAVE, form, headers=AUTOSAVE)
    client_of(khalid).post(OWN.url, form)
    told = client_of(mona).post(SAVE, {**form, "version": "1"}, headers=AUTOSAVE)
    assert told.status_code == 409
    assert Report.objects.get().reference in told.content.decode()
    assert not Draft.objects.exists()


def test_an_autosave_after_a_deletion_asks_before_it_saves_again(
    mona: User, khalid: User, service: DigitalService, client_of: Browser
) -> None:
    form = typed(service)
    client_of(mona).post(SAVE, form, headers=AUTOSAVE)
    client_of(khalid).post(reverse("draft_discard", args=[form["key"]]))
    asked = client_of(mona).post(SAVE, {**form, "version": "1"}, headers=AUTOSAVE)
    assert asked.status_code == 409
    assert not Draft.objects.exists()
    client_of(mona).post(SAVE, {**form, "version": ""}, headers=AUTOSAVE)
    assert Draft.objects.exists()


def test_the_second_person_on_a_service_is_shown_the_firsts_draft(
    mona: User, khalid: User, service: DigitalService, client_of: Browser
) -> None:
    client_of(mona).post(SAVE, typed(service), headers=AUTOSAVE)
    shown = client_of(khalid).post(SAVE, typed(service), headers=AUTOSAVE).content.decode()
    first = Draft.objects.get(service=service)
    assert f"?draft={first.key}" in shown
    assert mona.name in shown


def test_a_fresh_form_names_the_drafts_of_its_kind(
    mona: User, khalid: User, service: DigitalService, client_of: Browser
) -> None:
    client_of(mona).post(SAVE, typed(service), headers=AUTOSAVE)
    assert f"?draft={Draft.objects.get().key}" in client_of(khalid).get(OWN.url).content.decode()


def test_without_javascript_a_button_saves_and_goes_home(
    mona: User, service: DigitalService, client_of: Browser
) -> None:
    saved = client_of(mona).post(SAVE, typed(service), follow=True)
    assert saved.redirect_chain[0][0] == "/"
    assert Draft.objects.exists()


def test_a_filed_drafts_address_leads_to_its_report(mona: User, client_of: Browser) -> None:
    report = a_report(by=mona)
    led = client_of(mona).get(f"{OWN.url}?draft={report.key}")
    assert led["Location"] == reverse("report_detail", args=[report.reference])


@pytest.mark.parametrize("key", ["x", "0f8fad5b-d9cb-469f-a165-70867728950e", ""])
def test_a_draft_that_never_was_is_404(key: str, mona: User, client_of: Browser) -> None:
    assert client_of(mona).get(f"{OWN.url}?draft={key}").status_code == 404


def test_a_draft_opens_by_its_own_door(mona: User, service: DigitalService, client_of: Browser) -> None:
    client_of(mona).post(SAVE, typed(service), headers=AUTOSAVE)
    key = Draft.objects.get().key
    led = client_of(mona).get(f"{DOORS['because-of-another'].url}?draft={key}")
    assert led["Location"] == f"{OWN.url}?draft={key}"


def test_nobody_else_knows_of_a_draft(mona: User, service: DigitalService, client_of: Browser) -> None:
    client_of(mona).post(SAVE, typed(service), headers=AUTOSAVE)
    draft = Draft.objects.get()
    for stranger in (a_director(), a_reviewer()):
        browser = client_of(stranger)
        assert browser.get(f"{OWN.url}?draft={draft.key}").status_code in {403, 404}
        assert browser.post(reverse("draft_discard", args=[draft.key])).status_code in {403, 404}
    assert Draft.objects.filter(pk=draft.pk).exists()


def test_an_id_number_is_not_kept_even_in_a_draft(mona: User, service: DigitalService, client_of: Browser) -> None:
    number = valid_id()
    client_of(mona).post(SAVE, typed(service, summary=f"المستفيد {number} لا يدخل"), headers=AUTOSAVE)
    assert number not in str(Draft.objects.get().text)


def test_a_draft_keeps_the_fields_of_its_form_and_nothing_else(
    mona: User, service: DigitalService, client_of: Browser
) -> None:
    client_of(mona).post(SAVE, typed(service, evil="x", services_q="ناجز", csrfmiddlewaretoken="t"), headers=AUTOSAVE)
    assert not {"evil", "services_q", "csrfmiddlewaretoken", "key"} & set(Draft.objects.get().text)


@pytest.mark.parametrize("version", ["-1", "x", "9" * 30, "٣", "1.0", "<b>"])
def test_a_forged_version_is_no_version(version: str, mona: User, service: DigitalService, client_of: Browser) -> None:
    assert client_of(mona).post(SAVE, typed(service, version=version), headers=AUTOSAVE).status_code == 200


def test_chosen_minutes_do_not_slide_in_a_draft(
    mona: User, khalid: User, service: DigitalService, client_of: Browser
) -> None:
    form = typed(service)
    client_of(mona).post(SAVE, form, headers=AUTOSAVE)
    draft = Draft.objects.get()
    Draft.objects.filter(pk=draft.pk).update(updated_at=timezone.now() - timedelta(hours=1))
    page = client_of(khalid).get(f"{OWN.url}?draft={draft.key}").content.decode()
    assert f'value="{form["started_at"]}"' in page
    assert f'value="{form["opened_at"]}"' in page


def test_two_first_autosaves_that_cross_make_one_draft(mona: User, entity: Entity) -> None:
    key = uuid.uuid4()
    for _ in range(2):
        actions.save_draft(
            kind="OUT", entity=entity, key=key, text={"summary": ["…"]}, service=None, version=None, by=mona
        )
    assert Draft.objects.count() == 1


def test_a_second_draft_on_a_service_is_led_to_the_first_in_the_words_of_whoever_reads(
    mona: User, service: DigitalService, client_of: Browser
) -> None:
    client_of(mona).post(SAVE, {"key": str(uuid.uuid4()), "services": service.pk, "summary": "عطل"}, headers=AUTOSAVE)
    second = {"key": str(uuid.uuid4()), "services": service.pk, "summary": "عطل آخر"}
    own = client_of(mona).post(f"/en{SAVE}", second, headers=AUTOSAVE).content.decode()
    assert "You have a draft on" in own and "Go on with it" in own
    colleague = a_person(Role.ALTERNATE, entity=service.entity)
    hers = client_of(colleague).post(f"/en{SAVE}", {**second, "key": str(uuid.uuid4())}, headers=AUTOSAVE)
    assert f"{mona.name_en} has a draft on" in hers.content.decode()
