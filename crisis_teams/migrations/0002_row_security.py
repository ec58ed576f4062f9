from django.db import migrations

from entities.row_security import secure
from crisis_teams.row_security import POLICIES

class Migration(migrations.Migration):
    dependencies = [("crisis_teams", "0001_initial"), ("entities", "0008_row_security")]

    operations = [
        secure(
            POLICIES,
            "crisis_teams_crisisteam",
        )
    ]
