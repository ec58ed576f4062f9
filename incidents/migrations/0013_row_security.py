from django.db import migrations

from entities.row_security import secure
from incidents.row_security import POLICIES

class Migration(migrations.Migration):
    dependencies = [("incidents", "0012_identity_unconfirmed"), ("entities", "0008_row_security")]

    operations = [
        secure(
            POLICIES,
            "incidents_report",
            "incidents_affectedservice",
            "incidents_attachment",
            "incidents_clock",
            "incidents_reportevent",
            "incidents_finalreport",
            "incidents_timelinerow",
            "incidents_correctiveaction",
            "incidents_fieldcomment",
            "incidents_draft",
            "incidents_reviewernote",
            "incidents_sealedrecord",
            "incidents_readmark",
        )
    ]
