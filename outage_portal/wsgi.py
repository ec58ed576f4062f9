"""The door for gunicorn."""

import os

import structlog
from django.core.management.base import BaseCommand
from django.core.wsgi import get_wsgi_application
from django.db import OperationalError

from entities import tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outage_portal.settings")
application = get_wsgi_application()
# gunicorn runs no system checks: what they refuse must not be served.
try:
    BaseCommand().check(databases=["default"])
except OperationalError:  # a worker that starts while the database is away serves its 503s
    BaseCommand().check()
    structlog.get_logger(__name__).critical("row_security_unchecked")
tracing.begin()
