from django.db import migrations

from incidents import defaults


def write(apps, schema_editor):
    defaults.write(apps.get_model)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0002_event_guard")]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
