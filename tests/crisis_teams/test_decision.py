"""The decision's file: what is accepted, who reads it, how it is served."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from crisis_teams.forms import DecisionForm
from crisis_teams.models import MAX_DECISION_BYTES, CrisisTeam
from entities.models import AuditEvent, User
from entities.permissions import Role
from tests.crisis_teams.teams import a_leader, acting, appointed, team_of
from tests.factories import a_person, a_reviewer
from tests.signing import confirmed, is_asked, make_stale

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
PDF, PNG, JPG = b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n" + b"\0" * 16, b"\xff\xd8\xff\xe0" + b"\0" * 16
ZIP, HTML = b"PK\x03\x04" + b"\0" * 40, b"<html><script>alert(1)</script>"


def posted(content: bytes = PDF, name: str = "decision.pdf", **fields: str) -> dict[str, Any]:
    return {
        "reference": "1447/2215",
        "day": "2026-01-15",
        "upload": SimpleUploadedFile(name, content, content_type="application/pdf"),
        **fields,
    }


def attached(client_of: SignIn, content: bytes = PDF, name: str = "decision.pdf") -> CrisisTeam:
    leader = a_leader()
    director = appointed(leader)
    response = client_of(acting(director)).post(reverse("team_decision"), posted(content, name))
    assert response.status_code == 302
    return team_of(director.entity)


@pytest.mark.parametrize(
    ("content", "name", "kept_as"),
    [
        (PDF, "decision.pdf", "application/pdf"),
        (PNG, "قرار.PNG", "image/png"),
        (JPG, "decision.jpeg", "image/jpeg"),
    ],
)
def test_a_decision_is_kept_as_what_it_is(client_of: SignIn, content: bytes, name: str, kept_as: str) -> None:
    team = attached(client_of, content, name)
    assert (team.decision_type, team.decision_name) == (kept_as, name)
    assert (team.decision_reference, str(team.decision_date)) == ("1447/2215", "2026-01-15")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (HTML, "renamed.pdf"),
        (ZIP, "renamed.pdf"),
        (PNG, "renamed.pdf"),
        (PDF, "decision.html"),
        (PDF, "decision.pdf.exe"),
        (PDF, "decision"),
        (b"", "empty.pdf"),
        (PDF, "cod\u202efdp.exe"),
    ],
)
def test_what_is_not_what_its_name_says_is_refused(client_of: SignIn, content: bytes, name: str) -> None:
    leader = a_leader()
    director = appointed(leader)
    response = client_of(leader).post(reverse("team_decision"), posted(content, name))
    assert response.status_code == 422
    assert "upload" in response.context["form"].errors
    assert not team_of(director.entity).decision_file


@pytest.mark.parametrize(("size", "accepted"), [(MAX_DECISION_BYTES, True), (MAX_DECISION_BYTES + 1, False)])
def test_a_decision_has_at_most_ten_megabytes(size: int, accepted: bool) -> None:
    upload = SimpleUploadedFile("decision.pdf", PDF + b"\0" * (size - len(PDF)))
    form = DecisionForm({"reference": "1", "day": "2026-01-15"}, {"upload": upload})
    assert form.is_valid() is accepted


def test_a_decision_of_tomorrow_is_refused() -> None:
    form = DecisionForm({"reference": "1", "day": "2999-01-01"}, {"upload": SimpleUploadedFile("decision.pdf", PDF)})
    assert "day" in form.errors


def test_a_national_id_in_its_name_is_not_kept(client_of: SignIn) -> None:
    assert attached(client_of, name="1000000008.pdf").decision_name == "[national-id].pdf"


def test_the_file_is_stored_under_a_name_of_our_own(client_of: SignIn) -> None:
    team = attached(client_of, name="../../secret.pdf")
    assert Path(team.decision_file.name).parent == Path(f"teams/{team.entity_id}")
    assert "secret" not in team.decision_file.name


def test_a_new_file_takes_the_place_of_the_old_one(client_of: SignIn, django_capture_on_commit_callbacks: Any) -> None:
    team = attached(client_of)
    before = Path(team.decision_file.path)
    leader = a_person(Role.IT_LEADER, entity=team.entity)
    with django_capture_on_commit_callbacks(execute=True):
        client_of(leader).post(reverse("team_decision"), posted(PNG, "new.png"))
    assert not before.exists()
    assert Path(team_of(team.entity).decision_file.path).exists()


def test_the_decision_is_downloaded_and_never_shown(client_of: SignIn) -> None:
    team = attached(client_of, name="قرار.pdf")
    response = client_of(a_reviewer()).post(reverse("team_decision_file", args=[team.entity.code]))
    assert response.content == PDF
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]


def test_a_member_reads_the_decision_and_does_not_replace_it(client_of: SignIn) -> None:
    team = attached(client_of)
    client = client_of(a_person(Role.MEMBER, entity=team.entity))
    response = client.post(reverse("team_decision_file", args=[team.entity.code]))
    assert response.content == PDF
    assert client.post(reverse("team_decision"), posted()).status_code == 403


def test_the_download_waits_for_a_fresh_proof_and_is_a_line_of_the_log(client_of: SignIn) -> None:
    team, reviewer = attached(client_of), a_reviewer()
    browser, path = make_stale(client_of(reviewer)), reverse("team_decision_file", args=[team.entity.code])
    assert is_asked(browser.post(path))
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.EXPORTED).exists()
    assert confirmed(browser).content == PDF
    line = AuditEvent.objects.get(action=AuditEvent.Action.EXPORTED)
    assert (line.person, line.entity, line.data) == (reviewer.public_id, team.entity, {"model": "crisisteam"})
    assert browser.get(path).status_code == 405  # no address alone takes it out


def test_a_decision_whose_file_is_lost_is_not_found(client_of: SignIn) -> None:
    team = attached(client_of)
    Path(team.decision_file.path).unlink()
    client = client_of(a_reviewer())
    assert client.post(reverse("team_decision_file", args=[team.entity.code])).status_code == 404


def test_there_is_no_decision_to_download_before_one_is_attached(client_of: SignIn) -> None:
    director = appointed(a_leader())
    client = client_of(a_reviewer())
    assert client.post(reverse("team_decision_file", args=[director.entity.code])).status_code == 404
