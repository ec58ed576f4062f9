"""The door for gunicorn, which loads it once and forks (production/serving.py)."""

import os

from django.core.wsgi import get_wsgi_application
from django.db import connections

from outage_portal.checked import check

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outage_portal.settings")
application = get_wsgi_application()
is_checked = check()
connections.close_all()  # what forks from here must not share one
