from django.db import migrations

from entities.row_security import POLICIES, secure


class Migration(migrations.Migration):
    dependencies = [("entities", "0007_breaker_and_code")]

    operations = [
        secure(
            POLICIES,
            "entities_auditevent",
            "entities_chainhead",
            "entities_notice",
        )
    ]
