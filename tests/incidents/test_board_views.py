"""Saved views: a filter under a name, a person's own or shown to all; with which the board opens."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from entities.models import AuditEvent, User
from entities.permissions import Role
from incidents import actions
from incidents.errors import MoveRefused
from incidents.models import BoardView
from incidents.models.board_view import LONGEST_QUERY, MOST_VIEWS
from tests.factories import a_person, a_report, a_reviewer

pytestmark = pytest.mark.django_db
Save = Callable[..., HttpResponse]


@pytest.fixture
def reviewer() -> User:
    return a_reviewer()


@pytest.fixture
def browser(client_of: Callable[[User], Client], reviewer: User) -> Client:
    return client_of(reviewer)


@pytest.fixture
def save(browser: Client) -> Save:
    def send(name: str, query: str, **more: str) -> HttpResponse:
        return browser.post(reverse("board_view_save"), {"name": name, "next": query, **more}, follow=True)

    return send


def links(browser: Client, **query: str) -> dict[str, tuple[str, bool]]:
    return {link.label: (link.url, link.current) for link in browser.get(reverse("board"), query).context["views"]}


def test_a_view_keeps_the_filter_and_leads_back_to_it(save: Save, browser: Client) -> None:
    response = save("  حرجة عندي ", "severity=1&reviewer=mine&nonsense=x")
    assert "حُفظ" in response.content.decode() or response.status_code == 200
    url = f"{reverse('board')}?severity=1&reviewer=mine"
    assert links(browser) == {"حرجة عندي": (url, False)}
    assert links(browser, reviewer="mine", severity="1")["حرجة عندي"] == (url, True)


@pytest.mark.parametrize("query", ["https://evil.example/", "q=%00", "severity=9&kind=XXX"])
def test_what_is_no_filter_is_not_kept(save: Save, query: str) -> None:
    response = save("x", query)
    assert BoardView.objects.get().query in {"", "q="}
    assert response.redirect_chain[-1][0].startswith(reverse("board"))


def test_a_filter_that_is_too_long_for_its_column_is_refused_in_words(save: Save, reviewer: User) -> None:
    response = save("long", f"q={'ض' * 200}")
    assert response.status_code == 200
    assert not BoardView.objects.exists()
    with pytest.raises(MoveRefused):
        actions.save_view(name="long", query="x" * (LONGEST_QUERY + 1), by=reviewer)


def test_the_same_name_is_kept_anew_and_the_twenty_first_is_refused(reviewer: User) -> None:
    for n in range(MOST_VIEWS):
        actions.save_view(name=f"v{n}", query="", by=reviewer)
    actions.save_view(name="v0", query="kind=OUT", by=reviewer)
    assert BoardView.objects.get(name="v0").query == "kind=OUT"
    with pytest.raises(MoveRefused):
        actions.save_view(name="one more", query="", by=reviewer)
    actions.save_view(name="v0", query="", by=a_reviewer())  # another's names are hers


def test_a_bare_board_opens_with_the_default_and_the_whole_one_is_a_press_away(save: Save, browser: Client) -> None:
    save("first", "kind=OUT", is_default="on")
    save("second", "kind=MNT", is_default="on")
    assert BoardView.objects.get(is_default=True).name == "second"
    response = browser.get(reverse("board"))
    assert (response.status_code, response["Location"]) == (302, f"{reverse('board')}?kind=MNT")
    page = browser.get(reverse("board"), {"kind": "MNT"})
    assert page.context["everything"] == f"{reverse('board')}?show=live"
    assert browser.get(page.context["everything"]).status_code == 200


def test_a_lead_shows_a_view_to_all_and_nobody_opens_with_anothers_default(
    client_of: Callable[[User], Client], browser: Client, reviewer: User
) -> None:
    lead = a_reviewer(Role.LEAD)
    view = actions.save_view(name="الليل", query="severity=1", is_default=True, shared=True, by=lead)
    assert list(links(browser)) == ["الليل"]
    assert AuditEvent.objects.filter(data__model="boardview").count() == 1
    for name in ("board_view_change", "board_view_remove"):
        assert browser.post(reverse(name, args=[view.pk])).status_code == 404
    with pytest.raises(MoveRefused):
        actions.save_view(name="mine", query="", shared=True, by=reviewer)
    client_of(lead).post(reverse("board_view_change", args=[view.pk]), {"is_default": "yes"})
    assert links(browser) == {}


def test_a_view_of_ones_own_is_changed_and_removed(save: Save, browser: Client) -> None:
    save("mine", "late=on")
    view = BoardView.objects.get()
    page = browser.get(reverse("board_views")).content.decode()
    assert "mine" in page and reverse("board_view_remove", args=[view.pk]) in page
    browser.post(reverse("board_view_change", args=[view.pk]), {"is_default": "yes"})
    view.refresh_from_db()
    assert view.is_default
    browser.post(reverse("board_view_remove", args=[view.pk]))
    assert links(browser) == {}


def test_a_view_whose_reviewer_is_gone_says_what_was_left_out(browser: Client, reviewer: User) -> None:
    a_report()
    actions.save_view(name="gone", query="reviewer=b9ee7a9f-0000-0000-0000-000000000000", by=reviewer)
    (url, _current) = links(browser)["gone"]
    assert browser.get(url).context["filter"].misread


def test_an_entity_has_no_views(client_of: Callable[[User], Client]) -> None:
    actions.save_view(name="x", query="", shared=True, by=a_reviewer(Role.LEAD))
    assert not BoardView.objects.visible_to(a_person()).exists()
    with pytest.raises(MoveRefused):
        actions.save_view(name="y", query="", by=a_person())
