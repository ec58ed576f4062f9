"""The admins' desk shows teams and changes none: appointments are the entity's own."""

from django.contrib import admin

from crisis_teams.models import CrisisTeam
from entities.admin import ReadOnlyAdmin


@admin.register(CrisisTeam)
class CrisisTeamAdmin(ReadOnlyAdmin):
    list_display = ("entity", "confirmed_at", "decision_reference", "created_at")
    list_select_related = ("entity",)
    search_fields = ("entity__name_ar", "entity__name_en", "entity__code")
    fields = readonly_fields = (
        "entity",
        "confirmed_at",
        "confirmed_by",
        "decision_reference",
        "decision_date",
        "decision_name",
        "created_at",
    )
