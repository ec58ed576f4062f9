from django.db import migrations

from entities.guards import guard


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_initial")]

    operations = [guard("incidents_reportevent")]
