from django.db import migrations

from entities.row_security import secure
from incidents.row_security import POLICIES


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0034_found_by_indexes'),
    ]

    operations = [
        secure(
            POLICIES,
            "incidents_affectedservice", "incidents_attachment", "incidents_clock", "incidents_reportevent",
            "incidents_finalreport", "incidents_timelinerow", "incidents_correctiveaction", "incidents_fieldcomment",
        ),
    ]
