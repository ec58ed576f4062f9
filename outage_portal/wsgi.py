"""The door for gunicorn."""

import os

from django.core.management.base import BaseCommand
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outage_portal.settings")
application = get_wsgi_application()
BaseCommand().check()  # gunicorn runs no system checks: what they refuse must not be served
