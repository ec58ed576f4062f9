"""Where the demo lives and what its settings are. Settings are read at import, so a command enters by starting anew."""

from __future__ import annotations

import json
import os
import secrets
import socket
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn, Self
from urllib.parse import quote

from django.conf import settings

DIRECTORY = settings.BASE_DIR / "var" / "demo"
SWEEP_SECONDS, FAN_OUT_SECONDS = 15, 2


@dataclass(frozen=True)
class Demo:
    """One demo: its directory, its ports, its secrets. Written down, so that fast_forward finds it."""

    directory: str
    port: int
    simulator_port: int
    smtp_port: int
    secret_key: str
    digest_key: str

    @classmethod
    def load(cls, directory: Path) -> Self | None:
        """The demo that lives there, None if there has been none."""
        with suppress(FileNotFoundError):
            return cls(**json.loads((directory / "demo.json").read_text()))
        return None

    @classmethod
    def prepare(cls, directory: Path, *, port: int, simulator_port: int) -> Self:
        """Keep the secrets of the last start, or make them; only the owner may read them."""
        directory.mkdir(parents=True, exist_ok=True)
        known = cls.load(directory)
        demo = cls(
            directory=str(directory.resolve()),
            port=port,
            simulator_port=simulator_port,
            smtp_port=free_port(),
            secret_key=known.secret_key if known else secrets.token_urlsafe(60),
            digest_key=known.digest_key if known else secrets.token_hex(32),
        )
        with os.fdopen(os.open(directory / "demo.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(demo), file)
        return demo

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def simulator(self) -> str:
        return f"http://127.0.0.1:{self.simulator_port}"

    @property
    def environment(self) -> dict[str, str]:
        """Every name that settings.py reads and that makes a difference here; a .env changes none of it."""
        home = Path(self.directory)
        return {
            "PORTAL_ENV": "local",
            "DEMO": "1",
            "DEBUG": "0",
            "SECRET_KEY": self.secret_key,
            "NID_DIGEST_KEYS": f"demo:{self.digest_key}",
            "NID_ENCRYPTION_KEYS": f"demo:{self.digest_key}",
            "SECRET_KEY_FALLBACKS": "",
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "CSRF_TRUSTED_ORIGINS": "",
            "PORTAL_ORIGIN": self.origin,
            "DATABASE_URL": f"sqlite:///{quote(str(home / 'portal.sqlite3'))}",
            "DATABASE_URL_REPLICA": "",
            "MEDIA_ROOT": str(home / "uploads"),
            "AUDIT_ARCHIVE_ROOT": str(home / "audit"),
            "REDIS_URL": "",
            "TRUSTED_PROXY_COUNT": "0",
            "PRODUCTION_DRILL": "0",
            "LOG_LEVEL": "WARNING",
            "SLOW_STATEMENT_MS": "500",
            "METRICS_TOKEN": "",
            "METRICS_FILE": "",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "",
            "OTEL_EXPORTER_OTLP_HEADERS": "",
            **self.nafath,
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(self.smtp_port),
            "EMAIL_HOST_USER": "",
            "EMAIL_HOST_PASSWORD": "",
            "EMAIL_USE_TLS": "0",
            "SMS_GATEWAY": "notifications.channels.HttpSms",
            "SMS_GATEWAY_URL": f"{self.simulator}/sms/messages",
            "SMS_GATEWAY_TOKEN": "demo-sms-token",
            "SMS_GATEWAY_BODY": '{"to": "{to}", "text": "{text}", "reference": "{reference}"}',
            "SMS_GATEWAY_SIGNING_KEY": "demo-sms-signing-key",
            "SMS_RECEIPTS_TOKEN": "demo-sms-receipts-token",
            "SMS_RECEIPTS_SIGNING_KEY": "",
            "SMS_RECEIPTS_IPS": "",
            "SMS_RECEIPTS_BODY": "{}",
            "SWEEP_SECONDS": str(SWEEP_SECONDS),
            "FAN_OUT_SECONDS": str(FAN_OUT_SECONDS),
        }

    @property
    def nafath(self) -> dict[str, str]:
        """The simulator by each of the ways; NAFATH_ADAPTER chooses one of them."""
        chosen = os.environ.get("NAFATH_ADAPTER")
        return {
            "NAFATH_ADAPTER": chosen if chosen in ("push", "iam") else "simulator",
            "NAFATH_ALLOW_SIMULATOR": "1",
            "NAFATH_OIDC_ISSUER": self.simulator,
            "NAFATH_OIDC_CLIENT_ID": "portal",
            "NAFATH_OIDC_CLIENT_SECRET": "portal-demo-secret",
            "NAFATH_OIDC_SCOPES": "openid,profile",
            "NAFATH_OIDC_ID_CLAIM": "sub",
            "NAFATH_OIDC_REQUIRED_ACR": "",
            "NAFATH_OIDC_ALGORITHMS": "RS256",
            "NAFATH_OIDC_SIGN_OUT_URL": "",
            "NAFATH_ORIGINS": self.simulator,
            "NAFATH_IAM_AUTHORIZE_URL": f"{self.simulator}/authservice/authorize",
            "NAFATH_IAM_CLIENT_ID": self.origin,
            "NAFATH_IAM_PRIVATE_KEY_PATH": str(Path(self.directory) / "simulator.portal.pem"),  # the simulator makes it
            "NAFATH_IAM_ISSUER": f"{self.simulator}/userauth",
            "NAFATH_IAM_JWKS_URL": f"{self.simulator}/authservice/jwks",
            "NAFATH_IAM_CERT_PATH": "",
            "NAFATH_IAM_LOGOUT_URL": f"{self.simulator}/authservice/logout",
            "NAFATH_PUSH_BASE_URL": self.simulator,
            "NAFATH_PUSH_APP_ID": "portal",
            "NAFATH_PUSH_APP_KEY": "portal-demo-key",
            "NAFATH_PUSH_SERVICE": "Login",
            "NAFATH_PUSH_ISSUERS": self.simulator,
            "NAFATH_PUSH_AUDIENCE": "portal",
            "NAFATH_PUSH_SERVER_IP": "127.0.0.1",
            "NAFATH_PUSH_CALLBACK_IPS": "127.0.0.1,::1",
            "NAFATH_PUSH_WINDOW_S": "60",
            "NAFATH_PUSH_GRACE_S": "20",
            "NAFATH_PUSH_MOST_AN_ADDRESS": "10",
            "NAFATH_PROBE_SECONDS": "30",
            "CODE_SESSION_MINUTES": "60",
        }

    def enter(self, *arguments: str) -> NoReturn:
        """Become `manage.py <arguments>` inside this demo."""
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]
        sys.stdout.flush()
        os.execve(sys.executable, command, os.environ | self.environment)  # noqa: S606 (no shell, our own program)


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
