from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _


class EntitiesConfig(AppConfig):
    name = "entities"
    verbose_name = _("Entities and people")

    def ready(self) -> None:
        from entities.prepared import keep_plans
        from entities.row_security import tell_new_connection
        from entities.timestamps import read_moments_quickly

        connection_created.connect(read_moments_quickly)
        connection_created.connect(keep_plans)
        connection_created.connect(tell_new_connection)
