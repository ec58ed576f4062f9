"""The simulator's settings. Everything has a default: it serves development and tests on loopback only.

SIMULATOR_DATABASE       path of its SQLite file; its three secrets lie beside it
SIMULATOR_PORT           where it listens on 127.0.0.1
SIMULATOR_CLIENT_SECRET  the secret of the OpenID client `portal`
SIMULATOR_APP_KEY        the key of the application `portal`, for approvals in the app
SIMULATOR_SMS_TOKEN      the bearer token of the SMS gateway
SIMULATOR_SMS_KEY        the key that what is posted to it must be signed with
SIMULATOR_RECEIPTS_TOKEN the bearer token with which the gateway brings its receipts to the portal
PORTAL_ORIGIN            where the portal is seen by the browser
"""

import os
from pathlib import Path

from simulator.keys import keep, new_secret_key, new_signing_key

BASE_DIR = Path(__file__).resolve().parent.parent
DATABASE = Path(os.environ.get("SIMULATOR_DATABASE") or BASE_DIR / "var" / "demo" / "simulator.sqlite3")
SIMULATOR_PORT = int(os.environ.get("SIMULATOR_PORT") or 9010)
SIMULATOR_CLIENT_SECRET = os.environ.get("SIMULATOR_CLIENT_SECRET") or "portal-demo-secret"
SIMULATOR_APP_KEY = os.environ.get("SIMULATOR_APP_KEY") or "portal-demo-key"
SIMULATOR_SMS_TOKEN = os.environ.get("SIMULATOR_SMS_TOKEN") or "demo-sms-token"
SIMULATOR_SMS_KEY = os.environ.get("SIMULATOR_SMS_KEY") or "demo-sms-signing-key"
SIMULATOR_RECEIPTS_TOKEN = os.environ.get("SIMULATOR_RECEIPTS_TOKEN") or "demo-sms-receipts-token"
PORTAL_ORIGIN = (os.environ.get("PORTAL_ORIGIN") or "http://localhost:8000").rstrip("/")
PERSONAS = BASE_DIR / "simulator" / "personas.csv"

SECRET_KEY = keep(DATABASE.with_suffix(".secret"), new_secret_key)
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

INSTALLED_APPS = [
    "simulator",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.idp.oidc",
]
MIDDLEWARE = [
    "simulator.middleware.security_headers",
    "simulator.middleware.loopback_only",
    "simulator.middleware.faults",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "simulator.middleware.language",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "simulator.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "simulator.words.words",
            ]
        },
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATABASE,
        "OPTIONS": {
            "timeout": 10,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "ar"
LANGUAGES = [("ar", "العربية"), ("en", "English")]
TIME_ZONE = "Asia/Riyadh"
USE_TZ = True

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True

# Cookies ignore ports: other names than the portal's keep the two apart on one host.
SESSION_COOKIE_NAME = "nafath_sim_session"
CSRF_COOKIE_NAME = "nafath_sim_csrf"
SESSION_COOKIE_AGE = 8 * 60 * 60
CSRF_FAILURE_VIEW = "simulator.views.pages.forged"
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024

AUTH_USER_MODEL = "simulator.SimPerson"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "phone"
LOGOUT_REDIRECT_URL = "phone"

ACCOUNT_USER_MODEL_USERNAME_FIELD = "national_id"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
IDP_OIDC_ADAPTER = "simulator.adapter.SimulatorOIDCAdapter"
IDP_OIDC_PRIVATE_KEY = keep(DATABASE.with_suffix(".pem"), new_signing_key)
IAM_PORTAL_KEY = keep(DATABASE.with_suffix(".portal.pem"), new_signing_key)  # IAM knows its public half
IDP_OIDC_RP_INITIATED_LOGOUT_ASKS_FOR_OP_LOGOUT = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        # A refused form or a missing page is daily bread here; only what breaks is printed.
        "django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "django.server": {"handlers": ["stderr"], "level": "CRITICAL", "propagate": False},
        "mail.log": {"level": "ERROR"},
    },
}
