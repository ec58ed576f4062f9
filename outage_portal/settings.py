"""The one settings file, read from the environment; `.env.example` explains every name.

Nothing set: a laptop, with SQLite, no broker, and the demo's switches off. DEBUG is off unless asked for.
In production (`PORTAL_ENV=production`) every missing name is listed at once, with a hint, before anything starts.
"""

import os
import sys
import tempfile
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import environ
import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping

from entities.national_id import redact_log
from nafath_auth.ways import WAYS, is_loopback

BASE_DIR = Path(__file__).resolve().parent.parent


class _Named(FileAwareMapping):  # type: ignore[misc]  # not typed
    """NAME, or what stands in the file that NAME_FILE names: a secret that no list of the environment shows."""

    def __getitem__(self, name: str) -> str:
        try:
            return str(super().__getitem__(name)).strip()
        except (OSError, UnicodeDecodeError) as unread:
            raise ImproperlyConfigured(f"{name}_FILE cannot be read: {unread}") from unread


class _Environment(environ.Env):  # type: ignore[misc]  # not typed
    ENVIRON = _Named(cache=False)


env = _Environment()
env.read_env(BASE_DIR / ".env")

PRODUCTION = env("PORTAL_ENV", default="local") == "production"
DEMO = env.bool("DEMO", default=False)
DEBUG = env.bool("DEBUG", default=False)
TESTING = "pytest" in sys.modules

# --- What production must name ------------------------------------------------------------------
REQUIRED_IN_PRODUCTION = {
    "SECRET_KEY": "50 random characters or more",
    "ALLOWED_HOSTS": "the portal's host names, separated by commas",
    "PORTAL_ORIGIN": "the https:// address that people see",
    "DATABASE_URL": "postgres://user:password@host:5432/name",
    "REDIS_URL": "redis://host:6379/0",
    "EMAIL_HOST": "the mail relay inside the Kingdom",
    "DEFAULT_FROM_EMAIL": "the address that mails come from",
    "SMS_GATEWAY_URL": "where text messages are handed over",
    "SMS_GATEWAY_TOKEN": "as given by the gateway",
    "SUPPORT_PHONE": "the operations room's telephone number",
    "NID_DIGEST_KEYS": "name:secret pairs separated by commas, the current one first",
    "NID_ENCRYPTION_KEYS": "name:secret pairs separated by commas, the current one first",
    "NAFATH_ADAPTER": "oidc, push or iam (there is no default in production)",
}
NAFATH_ADAPTER = env("NAFATH_ADAPTER", default="" if PRODUCTION else "simulator")
if NAFATH_ADAPTER and NAFATH_ADAPTER not in WAYS:
    raise ImproperlyConfigured(f"NAFATH_ADAPTER={NAFATH_ADAPTER} is no way to sign in: it is one of {', '.join(WAYS)}.")
if PRODUCTION:
    missing = [f"  {name}: {hint}" for name, hint in REQUIRED_IN_PRODUCTION.items() if not env(name, default="")]
    if NAFATH_ADAPTER:
        nafath_missing = WAYS[NAFATH_ADAPTER].missing(lambda name: env(name, default=""))
        missing += [f"  {name}: {hint}" for name, hint in nafath_missing.items()]
    if missing:
        raise ImproperlyConfigured("The portal cannot start in production without:\n" + "\n".join(missing))

SECRET_KEY = env("SECRET_KEY", default="local-only-not-a-secret-" + "x" * 40)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PORTAL_ORIGIN = env("PORTAL_ORIGIN", default="http://localhost:8000").rstrip("/")
HTTPS = PORTAL_ORIGIN.startswith("https://")
# "name:secret,name:secret": the first digests new sign-ins, the others still find the old rows.
NID_DIGEST_KEYS = env.list("NID_DIGEST_KEYS", default=["local:not-a-secret-local-digest-key"])
# In the same way, for the little that must be read again: a pending sign-in, and the token to sign out with.
NID_ENCRYPTION_KEYS = env.list("NID_ENCRYPTION_KEYS", default=["local:not-a-secret-local-encryption-key"])

# --- What production must not be -------------------------------------------------------------------
# `make production-check` alone: the pretend Nafath stands for the real one where all is one machine (docs/adr/0039).
PRODUCTION_DRILL = env.bool("PRODUCTION_DRILL", default=False)
_reached = ["PORTAL_ORIGIN", "DATABASE_URL", "REDIS_URL", "SMS_GATEWAY_URL", "NAFATH_OIDC_ISSUER"]
if DATABASE_URL_REPLICA := env("DATABASE_URL_REPLICA", default=""):
    _reached.append("DATABASE_URL_REPLICA")
_collectors = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_reached += [name for name in _collectors if env(name, default="")]
_hosts = [urlsplit(env(name, default="")).hostname or "" for name in _reached]
_hosts += [env("EMAIL_HOST", default=""), *ALLOWED_HOSTS]
REFUSED_IN_PRODUCTION = {
    "PRODUCTION_DRILL: what it serves and what it calls is not all on this machine": (
        PRODUCTION_DRILL and not all(map(is_loopback, _hosts))
    ),
    "DEBUG: pages with tracebacks show settings and rows": DEBUG,
    "DEMO: its marks and its phone belong to one's own machine": DEMO,
    "ALLOWED_HOSTS: a * lets anybody name the host": "*" in ALLOWED_HOSTS,
    "PORTAL_ORIGIN: without https:// the session's cookie travels in clear": not HTTPS,
    "SECRET_KEY: it has less than 50 characters": len(SECRET_KEY) < 50,
    # Ten digits are guessed in minutes when the key is.
    "NID_DIGEST_KEYS: a secret has less than 32 characters": any(
        len(pair.partition(":")[2]) < 32 for pair in NID_DIGEST_KEYS
    ),
    "NID_ENCRYPTION_KEYS: a secret has less than 32 characters": any(
        len(pair.partition(":")[2]) < 32 for pair in NID_ENCRYPTION_KEYS
    ),
    # What is stored says by the name which key it needs.
    "NID_DIGEST_KEYS or NID_ENCRYPTION_KEYS: two keys have one name": any(
        len({pair.partition(":")[0] for pair in keys}) < len(keys) for keys in (NID_DIGEST_KEYS, NID_ENCRYPTION_KEYS)
    ),
}
if PRODUCTION and any(REFUSED_IN_PRODUCTION.values()):
    refused = [f"  {why}" for why, it_is_so in REFUSED_IN_PRODUCTION.items() if it_is_so]
    raise ImproperlyConfigured("The portal does not start in production with:\n" + "\n".join(refused))

# --- Applications: the stair, from the ground up ---------------------------------------------------
INSTALLED_APPS = [
    "entities",
    "crisis_teams",
    "nafath_auth",
    "incidents",
    "notifications",
    "outage_portal",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "django_htmx",
    "django_structlog",
    "csp",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "outage_portal.middleware.CountAnswers",
    # Headers first: every answer carries them, a refusal, a redirect and a static file as well.
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "outage_portal.middleware.RejectBadText",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "outage_portal.trace.TraceContext",
    "django_structlog.middlewares.RequestMiddleware",
    "outage_portal.slow.SlowStatements",
    "outage_portal.middleware.DatabaseAway",
    "outage_portal.middleware.DiskFull",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "outage_portal.middleware.LanguageByPath",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "entities.middleware.PersonAndMembership",
    "entities.middleware.SessionLimits",
    "entities.middleware.ActingMembership",
    "entities.middleware.RowSecurity",
    "outage_portal.middleware.SignInFirst",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    # Last: what stands before it asks the primary who is here.
    "outage_portal.replica.ReadFromReplica",
]

ROOT_URLCONF = "outage_portal.urls"
WSGI_APPLICATION = "outage_portal.wsgi.application"
FORM_RENDERER = "entities.renderer.PortalFormRenderer"

_folders = "django.template.loaders.app_directories.Loader"
_loaders = ["django.template.loaders.filesystem.Loader", _folders]
_cached = [("django.template.loaders.cached.Loader", ["outage_portal.templating.FlushLeft", _folders])]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": _loaders if DEBUG else _cached,
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "entities.templatetags.icons",
                "entities.templatetags.moments",
                "entities.templatetags.ticking",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "outage_portal.context.portal",
            ],
        },
    }
]

# --- Database ---------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'var' / 'portal.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    Path(DATABASES["default"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # a deferred writer dies of "database is locked" beside the worker threads
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = None
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 3,
        # Row security's conditions look dear to the planner, and compiling them takes longer than any of our queries
        # (docs/adr/0045): no JIT.
        "options": "-c statement_timeout=5000 -c lock_timeout=2000 -c idle_in_transaction_session_timeout=15000"
        " -c jit=off",
        # What is asked again and again is planned once (docs/adr/0059).
        "server_side_binding": True,
        "prepare_threshold": 5,
    }
# A streaming copy of that database, for pages that only read (docs/adr/0054). It comes with the same roles.
if DATABASE_URL_REPLICA:
    _copied, _copy = DATABASES["default"], env.db("DATABASE_URL_REPLICA")
    if any(_copied.get(of) != _copy.get(of) for of in ("ENGINE", "NAME", "USER")):
        raise ImproperlyConfigured(
            "DATABASE_URL_REPLICA is no copy of DATABASE_URL: PostgreSQL, the same database, the same role."
        )
    # A machine that vanishes under a question is noticed within seconds.
    _gone = {"tcp_user_timeout": 3000, "keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 3}
    DATABASES["replica"] = {
        **_copied,
        **_copy,
        "OPTIONS": {**_copied["OPTIONS"], **_gone},
        "TEST": {"MIRROR": "default"},
    }
    DATABASE_ROUTERS = ["entities.replica.Router"]

# --- People and sessions ----------------------------------------------------------------------------
AUTH_USER_MODEL = "entities.User"
AUTHENTICATION_BACKENDS = ["nafath_auth.backends.KnownPeople"]
LOGIN_URL = "nafath_sign_in"
LOGIN_REDIRECT_URL = "home"
SESSION_ENGINE = "entities.sessions"
SESSION_IDLE_MINUTES = 15
SESSION_ABSOLUTE_HOURS = 8
CODE_SESSION_MINUTES = env.int("CODE_SESSION_MINUTES", default=60)  # one opened by a code, while Nafath is away
BREAK_GLASS_SESSION_MINUTES = 60  # one opened by an emergency access
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_HOURS * 60 * 60
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "outage_portal.views.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- Nafath, the national single sign-on --------------------------------------------------------------
NAFATH_ALLOW_SIMULATOR = env.bool("NAFATH_ALLOW_SIMULATOR", default=not PRODUCTION)  # and only on loopback names
NAFATH_OIDC_ISSUER = env("NAFATH_OIDC_ISSUER", default="http://127.0.0.1:9010")
NAFATH_OIDC_CLIENT_ID = env("NAFATH_OIDC_CLIENT_ID", default="portal")
NAFATH_OIDC_CLIENT_SECRET = env("NAFATH_OIDC_CLIENT_SECRET", default="portal-demo-secret")
NAFATH_OIDC_SCOPES = env.list("NAFATH_OIDC_SCOPES", default=["openid", "profile"])
NAFATH_OIDC_ID_CLAIM = env("NAFATH_OIDC_ID_CLAIM", default="sub")  # where the national ID is: sub, userid, nin ...
NAFATH_OIDC_REQUIRED_ACR = env.list("NAFATH_OIDC_REQUIRED_ACR", default=[])
NAFATH_OIDC_ALGORITHMS = env.list("NAFATH_OIDC_ALGORITHMS", default=["RS256"])
NAFATH_OIDC_SIGN_OUT_URL = env("NAFATH_OIDC_SIGN_OUT_URL", default="")  # empty: as the issuer's description says
# Approval in the Nafath app: what `push` needs; nafath_auth.checks names what is missing.
NAFATH_PUSH_BASE_URL = env("NAFATH_PUSH_BASE_URL", default="")
NAFATH_PUSH_APP_ID = env("NAFATH_PUSH_APP_ID", default="")
NAFATH_PUSH_APP_KEY = env("NAFATH_PUSH_APP_KEY", default="")
NAFATH_PUSH_SERVICE = env("NAFATH_PUSH_SERVICE", default="Login")
NAFATH_PUSH_ISSUERS = env.list("NAFATH_PUSH_ISSUERS", default=[])
NAFATH_PUSH_AUDIENCE = env("NAFATH_PUSH_AUDIENCE", default="")
NAFATH_PUSH_SERVER_IP = env("NAFATH_PUSH_SERVER_IP", default="")
NAFATH_PUSH_CALLBACK_IPS = env.list("NAFATH_PUSH_CALLBACK_IPS", default=[])
NAFATH_PUSH_WINDOW_S = env.int("NAFATH_PUSH_WINDOW_S", default=60)  # how long a person has to decide
NAFATH_PUSH_GRACE_S = env.int("NAFATH_PUSH_GRACE_S", default=20)  # how long after it an answer still counts
NAFATH_PUSH_MOST_AN_ADDRESS = env.int("NAFATH_PUSH_MOST_AN_ADDRESS", default=10)  # requests in ten minutes
# IAM itself: a signed request out, a form with the token back.
NAFATH_IAM_AUTHORIZE_URL = env("NAFATH_IAM_AUTHORIZE_URL", default="")
NAFATH_IAM_CLIENT_ID = env("NAFATH_IAM_CLIENT_ID", default="")
NAFATH_IAM_PRIVATE_KEY_PATH = env("NAFATH_IAM_PRIVATE_KEY_PATH", default="")
NAFATH_IAM_ISSUER = env("NAFATH_IAM_ISSUER", default="")
NAFATH_IAM_JWKS_URL = env("NAFATH_IAM_JWKS_URL", default="")
NAFATH_IAM_CERT_PATH = env("NAFATH_IAM_CERT_PATH", default="")  # pinned: then the published keys are not asked
NAFATH_IAM_LOGOUT_URL = env("NAFATH_IAM_LOGOUT_URL", default="")
# The origins of the pages to sign in and out, for the content security policy.
_NAFATH_PAGES = [NAFATH_IAM_AUTHORIZE_URL, NAFATH_IAM_LOGOUT_URL] if NAFATH_ADAPTER == "iam" else [NAFATH_OIDC_ISSUER]
NAFATH_ORIGINS = env.list("NAFATH_ORIGINS", default=["/".join(page.split("/")[:3]) for page in _NAFATH_PAGES if page])
NAFATH_PROBE_SECONDS = env.int("NAFATH_PROBE_SECONDS", default=30)  # how often it is asked whether it answers
NAFATH_SUPPORT_PHONE = env("NAFATH_SUPPORT_PHONE", default="8001221111")

SOCIALACCOUNT_ONLY = True
SOCIALACCOUNT_ADAPTER = "nafath_auth.admission.NafathAdmission"
ACCOUNT_ADAPTER = "nafath_auth.admission.NoLocalAccounts"
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_AUTO_SIGNUP = False
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "public_id"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

# --- How many days what is kept of people stays: `manage.py purge`, docs/data-inventory.md ---------------------
RETENTION_DAYS = {
    "sign_in_requests": 30,  # in the Nafath app, after they were begun
    "door_codes": 365,  # after their use while Nafath was away; the security log tells of it as long
    "break_glass": 365,
    "sessions": 1,  # after their end
    "drafts": 90,  # after the last word in them
    "update_drafts": 30,
    "deliveries": 365,  # after what they tell of
    "notices": 365,
    "desk_log": 365,
    "outside_unconfirmed": 7,  # addresses outside the portal, after their owner was asked last
    "outside_ended": 365,  # and after they were removed or left, as long as what was sent to them
    "people": 730,  # after the end of the last membership: the row stays, and names nobody
    "audit_log": 365,  # then a file in AUDIT_ARCHIVE_ROOT, and a checkpoint
}
# Raised when templates/outage_portal/privacy.html says something else: everybody is then shown it once.
PRIVACY_NOTICE_VERSION = "2026-11"
AUDIT_ARCHIVE_ROOT = Path(env("AUDIT_ARCHIVE_ROOT", default=str(BASE_DIR / "var" / "audit-archive")))

# --- Languages, numbers and dates -------------------------------------------------------------------
LANGUAGE_CODE = "ar"
LANGUAGES = [("ar", "العربية"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Riyadh"
FORMAT_MODULE_PATH = ["outage_portal.formats"]
USE_THOUSAND_SEPARATOR = False

# --- Static files and uploads -------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(BASE_DIR / "var" / "uploads")))  # never served: a view answers
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "entities.storage.WholeFiles"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION or "collectstatic" in sys.argv  # an image is built without the secrets of production
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
FILE_UPLOAD_PERMISSIONS = 0o640
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # bytes of a body without its files; more is answered 413
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 5

# --- Cache, background work, mail, SMS -------------------------------------------------------------------
REDIS_URL = env("REDIS_URL", default="")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},  # a frozen Redis holds no tick
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # Nafath's published keys and addresses: each process keeps its own, so that signing in outlives a stopped Redis.
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "process"},
}
CELERY_BROKER_URL = REDIS_URL or "memory://localhost"  # kombu warns of a broker without a host
SWEEP_SECONDS = env.int("SWEEP_SECONDS", default=60)  # how often due clocks become events
FAN_OUT_SECONDS = env.int("FAN_OUT_SECONDS", default=5)  # how often events become deliveries

EMAIL_BACKEND = env("EMAIL_BACKEND", default="django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST = env("EMAIL_HOST", default="127.0.0.1")
EMAIL_PORT = env.int("EMAIL_PORT", default=9025)
EMAIL_HOST_USER = env("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="reports@portal.example")
SMS_GATEWAY = env("SMS_GATEWAY", default="notifications.channels.HttpSms")
SMS_GATEWAY_URL = env("SMS_GATEWAY_URL", default="http://127.0.0.1:9010/sms/messages")
SMS_GATEWAY_TOKEN = env("SMS_GATEWAY_TOKEN", default="demo-sms-token")
# What is posted, as the gateway wants its fields named and nested; {to}, {text} and {reference} are filled in.
SMS_GATEWAY_BODY = env.json("SMS_GATEWAY_BODY", default={"to": "{to}", "text": "{text}", "reference": "{reference}"})
if not all(mark in str(SMS_GATEWAY_BODY) for mark in ("{to}", "{text}")):
    raise ImproperlyConfigured("SMS_GATEWAY_BODY has no {to} or no {text}: every SMS would be empty.")
# HMAC-SHA256 over time and body, in headers; empty: not signed.
SMS_GATEWAY_SIGNING_KEY = env("SMS_GATEWAY_SIGNING_KEY", default="" if PRODUCTION else "demo-sms-signing-key")

# The gateway's receipts, at /integrations/sms/receipts/: it brings a bearer token, signs as we do, or both; with
# neither named the door is closed. From these addresses and networks alone; none named: from any.
SMS_RECEIPTS_TOKEN = env("SMS_RECEIPTS_TOKEN", default="" if PRODUCTION else "demo-sms-receipts-token")
SMS_RECEIPTS_SIGNING_KEY = env("SMS_RECEIPTS_SIGNING_KEY", default="")
try:
    SMS_RECEIPTS_IPS = [ip_network(named.strip()) for named in env.list("SMS_RECEIPTS_IPS", default=[])]
except ValueError as error:
    raise ImproperlyConfigured(f"SMS_RECEIPTS_IPS: {error}") from error
# The names of its fields, and which of its words for the status end a message well or badly, in small letters.
SMS_RECEIPTS_BODY = {
    "reference": "reference",
    "status": "status",
    "reason": "reason",
    "delivered": ["delivered"],
    "failed": ["failed", "undelivered", "rejected", "expired"],
    **env.json("SMS_RECEIPTS_BODY", default={}),
}

METRICS_TOKEN = env("METRICS_TOKEN", default="")  # /metrics answers whoever brings it; empty: nobody
# Where the processes of one machine count their answers together; empty: each counts alone, which is right for one.
_shared = str(Path(tempfile.gettempdir()) / f"portal-answers-{os.getuid()}") if PRODUCTION else ""
METRICS_FILE = Path(said) if (said := env("METRICS_FILE", default=_shared)) else None

# Traces, where one of two names a collector of OpenTelemetry's (docs/adr/0060). Its other names the SDK reads itself.
_collector = env("OTEL_EXPORTER_OTLP_ENDPOINT", default="").rstrip("/")
TRACES_ENDPOINT = env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", default="") or (_collector and f"{_collector}/v1/traces")
OTLP_HEADERS = env("OTEL_EXPORTER_OTLP_HEADERS", default="")
if not TRACES_ENDPOINT and not TESTING:
    # redis-py imports OpenTelemetry's metrics wherever they are installed, for what we never switch on: 0.1 s and 3 MB
    # of each process. None tells it that they are not (Python's reference, The module cache).
    sys.modules |= dict.fromkeys(("opentelemetry.metrics", "opentelemetry.sdk.metrics"))  # type: ignore[arg-type]

SUPPORT_PHONE = env("SUPPORT_PHONE", default="011 000 0000")  # the operations room, round the clock
SUPPORT_EMAIL = env("SUPPORT_EMAIL", default="operations@portal.example")
PRIVACY_OFFICER_EMAIL = env("PRIVACY_OFFICER_EMAIL", default=SUPPORT_EMAIL)
PRIVACY_OFFICER_PHONE = env("PRIVACY_OFFICER_PHONE", default="")
DIGITAL_STAMP_NUMBER = env("DIGITAL_STAMP_NUMBER", default="")  # a licence mark: shown only when it is ours

# --- Security ---------------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = HTTPS and PRODUCTION
SECURE_HSTS_SECONDS = 63072000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
X_FRAME_OPTIONS = "DENY"
if ALLAUTH_TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "img-src": [SELF, "data:"],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        # Chromium applies form-action to the redirect that follows the sign-in button's POST.
        "form-action": [SELF, *NAFATH_ORIGINS],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: [] for feature in ("camera", "geolocation", "microphone", "payment", "usb", "fullscreen")
}

# --- Logs: JSON lines with a request id, national IDs redacted -----------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": [
                structlog.contextvars.merge_contextvars,
                structlog.processors.TimeStamper(fmt="iso"),
                structlog.stdlib.add_logger_name,
                structlog.stdlib.add_log_level,
                structlog.stdlib.PositionalArgumentsFormatter(),
            ],
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact_log,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {
        "handlers": ["console"],
        "level": env("LOG_LEVEL", default="WARNING" if DEMO or TESTING else "INFO"),
    },
    "loggers": {
        "django.server": {"handlers": [], "propagate": False},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "opentelemetry": {"level": "ERROR"},  # a line for each batch that was lost, not for each try
    },
}
SLOW_STATEMENT_MS = env.int(
    "SLOW_STATEMENT_MS", default=500
)  # a statement of the database that takes so long is logged
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = ALLAUTH_TRUSTED_PROXY_COUNT > 0  # the proxy's line and ours have one id
DJANGO_STRUCTLOG_USER_ID_FIELD = None  # a log line of a failing database must not ask the database who was here
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
