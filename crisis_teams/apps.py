from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CrisisTeamsConfig(AppConfig):
    name = "crisis_teams"
    verbose_name = _("Crisis teams")
