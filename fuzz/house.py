"""The portal in this process, on a database that is made for it and thrown away, under the web's role."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Nobody listens there.
NOWHERE = "http://127.0.0.1:9"


@contextmanager
def opened(database: str, log: io.StringIO) -> Iterator[None]:
    """Migrated, DEBUG off, row-level security on; what is logged goes to `log`."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        os.environ |= {
            "DATABASE_URL": database, "DEBUG": "off", "DEMO": "off", "REDIS_URL": "", "PORTAL_ENV": "local",
            "MEDIA_ROOT": str(Path(folder) / "uploads"), "DJANGO_SETTINGS_MODULE": "outage_portal.settings",
            "NAFATH_ADAPTER": "simulator", "NAFATH_OIDC_ISSUER": NOWHERE, "SMS_GATEWAY_URL": NOWHERE,
            "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend", "LOG_LEVEL": "INFO",
        }  # fmt: skip
        import django
        from django.conf import settings

        settings.LOGGING["handlers"]["console"]["stream"] = log
        settings.ALLOWED_HOSTS = ["testserver"]
        settings.WHITENOISE_AUTOREFRESH = True  # or every client reads the whole folder of static files
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        from tests import web_role

        web_role.settle()
        yield
        web_role.unsettle()
