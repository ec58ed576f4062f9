from django.db import migrations

from entities.guards import guard


class Migration(migrations.Migration):
    dependencies = [("entities", "0001_initial")]

    operations = [guard("entities_auditevent")]
