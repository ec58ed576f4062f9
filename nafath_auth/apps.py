from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NafathAuthConfig(AppConfig):
    name = "nafath_auth"
    verbose_name = _("Nafath sign-in")

    def ready(self) -> None:
        from nafath_auth import checks  # noqa: F401 (registers itself; settings must be complete)
