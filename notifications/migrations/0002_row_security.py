from django.db import migrations

from entities.row_security import secure
from notifications.row_security import POLICIES

class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial"), ("entities", "0008_row_security"), ("incidents", "0013_row_security")]

    operations = [
        secure(
            POLICIES,
            "notifications_delivery",
        )
    ]
