"""gunicorn runs no system checks: what they refuse must not be served."""

import structlog
from django.core.management.base import BaseCommand
from django.db import OperationalError


def check() -> bool:
    """Whether the database could be asked as well: a server that starts while it is away serves its 503s.

    Raises SystemCheckError.
    """
    try:
        BaseCommand().check(databases=["default"])
    except OperationalError:
        BaseCommand().check()
        structlog.get_logger(__name__).critical("row_security_unchecked")
        return False
    return True
