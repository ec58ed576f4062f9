from django.apps import AppConfig


class OutagePortalConfig(AppConfig):
    name = "outage_portal"
    verbose_name = "Outage portal"

    def ready(self) -> None:
        from outage_portal import checks  # noqa: F401 (registers itself; settings must be complete)
