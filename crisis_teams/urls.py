"""Mounted at team/: the entity's own team, and any entity's by its code for the authority."""

from django.urls import path, register_converter

from crisis_teams import contact_views, views
from entities.permissions import TEAM_ROLES, Role


class TeamRoleConverter:
    """`director`, `alternate` or `member` in a path."""

    regex = "|".join(sorted(role.lower() for role in TEAM_ROLES))

    def to_python(self, value: str) -> Role:
        return Role(value.upper())

    def to_url(self, value: str) -> str:
        return str(value).lower()


register_converter(TeamRoleConverter, "team_role")

urlpatterns = [
    path("", views.team, name="team"),
    path("emergency/", views.team_emergency, name="team_emergency"),
    path("appoint/<team_role:role>/", views.team_appoint, name="team_appoint"),
    path("people/<int:membership>/", views.team_member, name="team_member"),
    path("people/<int:membership>/contact/", contact_views.team_contact, name="team_contact"),
    path("people/<int:membership>/replace/", views.team_replace, name="team_replace"),
    path("people/<int:membership>/retire/", views.team_retire, name="team_retire"),
    path("people/<int:membership>/hand-over/", views.team_hand_over, name="team_hand_over"),
    path("register/", views.team_register, name="team_register"),
    path("confirm/", views.team_confirm, name="team_confirm"),
    path("decision/", views.team_decision, name="team_decision"),
    path("<slug:entity_code>/", views.team, name="entity_team"),
    path("<slug:entity_code>/decision/", views.team_decision_file, name="team_decision_file"),
]
