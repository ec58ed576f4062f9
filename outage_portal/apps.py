from django.apps import AppConfig


class OutagePortalConfig(AppConfig):
    name = "outage_portal"
    verbose_name = "Outage portal"
