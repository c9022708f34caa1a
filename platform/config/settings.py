"""Settings: everything that differs between machines comes from the environment."""

import os
from pathlib import Path

import environ
import structlog
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from kit.logs import without_secrets

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parents[2]

DEMO = env.bool("DEMO", False)
DEBUG = False
SECRET_KEY = env("SECRET_KEY")
# Keys before it, and those of installations that practices came from: what they signed goes on opening.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
LOCAL_DIR = Path(env("LOCAL_DIR", default=str(BASE_DIR / ".local")))

# --- hosts -----------------------------------------------------------------------------------------
# Two settings, and in production two registrable domains: a page of a coach shares no cookie with sign-in.
SITE_SCHEME = env("SITE_SCHEME", default="https")
CENTRAL_HOST = env("CENTRAL_HOST", default="localhost:8000")
COACH_BASE_DOMAIN = env("COACH_BASE_DOMAIN", default="localhost:8000")
# Our own names; every other is a coach's, or nobody's and answered with 404.
CENTRAL_HOSTS = [host.split(":")[0].lower() for host in (CENTRAL_HOST, *env.list("EXTRA_HOSTS", default=[]))]
# Coaches bring domains of their own, so the registry says which hosts there are, before anything else
# looks at a request: tenants.registry.middleware.CoachHost stands in front of all that builds addresses.
ALLOWED_HOSTS = ["*"]
# Who asks the DNS about those domains, and which servers; none: this machine's.
DOMAIN_RESOLVER = "demo.resolving.Resolver" if DEMO else "tenants.registry.resolving.from_settings"
DNS_SERVERS = env.list("DNS_SERVERS", default=[])
# Whether webhooks may go to programs on this machine: those of who tries the demo.
WEBHOOKS_MAY_BE_LOCAL = DEMO and env.bool("WEBHOOKS_MAY_BE_LOCAL", True)
ROOT_URLCONF = "config.urls.central"
COACH_URLCONF = "config.urls.coach"
WSGI_APPLICATION = "config.wsgi.application"

# --- sign-up ---------------------------------------------------------------------------------------
# "open" to everybody, or by "invite": others join the waitlist.
SIGN_UP = env("SIGN_UP", default="open")
if SIGN_UP not in ("open", "invite"):
    raise ImproperlyConfigured(f"SIGN_UP is “{SIGN_UP}”. Set it to open or invite.")

# --- planes ----------------------------------------------------------------------------------------
TENANT_MODEL = "registry.Tenant"
TENANT_DOMAIN_MODEL = "registry.Domain"
SHARED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    # Before allauth, so that our templates stand before its own.
    "accounts",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "oauth2_provider",
    "fees",
    "operators",
    "tenants.registry",
    "connect",
    "partners",
]
TENANT_APPS = [
    "tenants.activity",
    "tenants.files",
    "tenants.clients",
    "tenants.integrations",
    "tenants.offers",
    "tenants.billing",
    "tenants.paperwork",
    "tenants.packs",
    "tenants.retainers",
    "tenants.scheduling",
    "payouts",
    "tenants.shop",
    "tenants.messaging",
]
INSTALLED_APPS = [
    "whitenoise.runserver_nostatic",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "anymail",
    "ui",
    *SHARED_APPS,
    *TENANT_APPS,
    "tenants.earnings",
    "tenants.dashboard",
    "tenants.portal",
    "public_pages",
    "api",
    "demo",
]
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "kit.requests.RequestLog",
    "tenants.registry.middleware.CoachHost",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tenants.registry.middleware.OneAddress",
    "tenants.registry.middleware.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "tenants.registry.middleware.SignIn",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "kit.content_policy.ContentPolicy",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tenants.registry.middleware.TenantTransaction",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "config.context.site",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.app_directories.Loader"],
                )
            ],
        },
    }
]
FORM_RENDERER = "ui.forms.Renderer"

# --- database --------------------------------------------------------------------------------------


def database(variable: str) -> dict[str, object]:
    """One connection to the cluster, tuned for short transactions behind a transaction pooler."""
    return {
        **env.db_url(variable),
        "ENGINE": "kit.database",
        "CONN_MAX_AGE": 600,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {"prepare_threshold": None},
    }


DATABASES = {"default": database("DATABASE_URL")}
if "OWNER_DATABASE_URL" in env:
    # Only the migration and the provisioning worker are started with it.
    DATABASES["owner"] = database("OWNER_DATABASE_URL")
DATABASE_ROUTERS = ["tenants.registry.routing.PlaneRouter"]
TENANT_GROUP_ROLE = f"{DATABASES['default']['USER']}_tenant"

# --- cache and queue -------------------------------------------------------------------------------
REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
_redis = {
    "BACKEND": "kit.cache.Cache",
    "LOCATION": REDIS_URL,
    # A server that hangs must not hang a request.
    "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
}
CACHES = {
    "default": {**_redis, "KEY_FUNCTION": "django_tenants.cache.make_key"},
    "shared": {**_redis, "KEY_PREFIX": "shared"},
}
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 5, "max_retries": 1}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = "UTC"
# What only the owner's connection may do, and what waits for servers of others: each has workers of its own.
CELERY_TASK_ROUTES = {
    "tenants.registry.tasks.provision_tenant": {"queue": "provisioning"},
    "tenants.registry.tasks.erase_closed": {"queue": "provisioning"},
    "tenants.registry.tasks.reach_out_tenant": {"queue": "outward"},
}
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "tenants.registry.tasks.sweep", "schedule": env.float("SWEEP_SECONDS", 10.0)},
    "stripe-events": {"task": "connect.tasks.sweep_events", "schedule": env.float("SWEEP_SECONDS", 10.0)},
    "platform-mails": {"task": "accounts.tasks.send_mails", "schedule": env.float("SWEEP_SECONDS", 10.0)},
    "news": {"task": "tenants.registry.tasks.mail_news", "schedule": env.float("SWEEP_SECONDS", 10.0)},
    "erase": {"task": "tenants.registry.tasks.erase_closed", "schedule": crontab(hour="4", minute="41")},
    "patrol": {"task": "tenants.registry.tasks.patrol", "schedule": crontab(hour="3", minute="17")},
    "prove": {"task": "tenants.registry.tasks.prove", "schedule": crontab(hour="1", minute="41")},
}

# --- sign-in (central host only) -------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = SITE_SCHEME
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "signup": "accounts.forms.SignUpForm",
    "add_email": "accounts.forms.NewEmailForm",
    "change_password": "accounts.forms.NewPasswordForm",
    "reset_password": "accounts.forms.ForgottenPasswordForm",
    "reset_password_from_key": "accounts.forms.ChosenPasswordForm",
    "change_email": "accounts.forms.OtherEmailForm",
    "confirm_email_verification_code": "accounts.forms.MailedCodeForm",
    "reauthenticate": "accounts.forms.ConfirmingPasswordForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Upfront"
# The code before and the one after, too: phones' clocks are not ours.
MFA_TOTP_TOLERANCE = 1
MFA_ADAPTER = "accounts.adapter.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "accounts.forms.AppCodeForm",
    "reauthenticate": "accounts.forms.ConfirmingAppCodeForm",
    "activate_totp": "accounts.forms.FirstAppCodeForm",
}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/coach/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = env.list(
    "PASSWORD_HASHERS",
    default=[
        "django.contrib.auth.hashers.ScryptPasswordHasher",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ],
)
# Partners' programs: the code of RFC 6749 with PKCE and nothing else, as RFC 9700 advises.
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"
OAUTH2_PROVIDER = {
    "SCOPES_BACKEND_CLASS": "partners.rules.Scopes",
    "ACCESS_TOKEN_GENERATOR": "partners.rules.access_token",
    "REFRESH_TOKEN_GENERATOR": "partners.rules.refresh_token",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "REFRESH_TOKEN_EXPIRE_SECONDS": 90 * 24 * 3600,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["http", "https"] if DEMO else ["https"],
    "OIDC_ISS_ENDPOINT": f"{SITE_SCHEME}://{CENTRAL_HOST}",
    **{
        f"COMPLIANT_BCP_RFC9700_{name}": True
        for name in (
            *("IMPLICIT_GRANT", "PASSWORD_GRANT", "PKCE_METHOD", "PKCE_REQUIRED", "TOKEN_STORAGE"),
            *("ACCESS_TOKEN_TRANSPORT", "AUTHZ_RESPONSE_ISS", "REFRESH_TOKEN", "REDIRECT_URI_MATCHING"),
        )
    },
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_SCHEME": not DEMO,
}
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

# --- cookies and headers ---------------------------------------------------------------------------
_secure = SITE_SCHEME == "https"
_host_prefix = "__Host-" if _secure else ""
SESSION_COOKIE_NAME = f"{_host_prefix}session"
CSRF_COOKIE_NAME = f"{_host_prefix}csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = _secure
SECURE_REDIRECT_EXEMPT = ["^health$", "^ready$", "^internal/tls$"]
BEHIND_PROXY = env.bool("BEHIND_PROXY", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# Whose tries the sign-in counts: the address that the proxy saw, never one that a visitor wrote.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_PROXY else 0
SECURE_HSTS_SECONDS = 31_536_000 if _secure else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _secure
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"

STRIPE_API_KEY = env("STRIPE_API_KEY", default="")
STRIPE_API_BASE = env("STRIPE_API_BASE", default=None)
STRIPE_WEBHOOK_SECRET_ACCOUNTS = env("STRIPE_WEBHOOK_SECRET_ACCOUNTS", default="")
STRIPE_WEBHOOK_SECRET_SELF = env("STRIPE_WEBHOOK_SECRET_SELF", default="")
# The simulated Stripe of sandboxes, where clients' browsers reach it too; none are offered without.
SANDBOX_STRIPE_API_BASE = env("SANDBOX_STRIPE_API_BASE", default="")
SANDBOX_STRIPE_API_KEY = env("SANDBOX_STRIPE_API_KEY", default="sk_test_simulated")
SANDBOX_STRIPE_WEBHOOK_SECRET = env("SANDBOX_STRIPE_WEBHOOK_SECRET", default="")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        # A form that pays is answered by a redirect, and browsers hold the whole chain to form-action.
        "form-action": [
            SELF,
            STRIPE_API_BASE or "https://checkout.stripe.com",
            STRIPE_API_BASE or "https://connect.stripe.com",
            *filter(None, [SANDBOX_STRIPE_API_BASE]),
            f"{SITE_SCHEME}://*.{COACH_BASE_DOMAIN}",
        ],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# --- pages and mail --------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = None if DEMO else LOCAL_DIR / "static"
WHITENOISE_USE_FINDERS = DEMO
WHITENOISE_MAX_AGE = 0 if DEMO else 31_536_000
# Where coaches' archives lie for a week: a folder that all web and worker machines see.
EXPORTS_DIR = Path(env("EXPORTS_DIR", default=str(LOCAL_DIR / "exports")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if DEMO else "ui.storage.Storage"
    },
}
LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="Upfront <hello@upfront.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Where questions to the platform's people go, and what answers to their answers come back to.
SUPPORT_EMAIL = env("SUPPORT_EMAIL", default="help@upfront.example")
# Who charges the platform's fee, as its statements name them: legal name, address, tax number, line by line.
PLATFORM_DETAILS = env("PLATFORM_DETAILS", default="Upfront").replace("\\n", "\n")
EMAIL_TIMEOUT = 10
# Without a carrier mail goes out by SMTP, and nobody tells what came back.
MAIL_CARRIER = env("MAIL_CARRIER", default="mailgun" if DEMO else "")
if MAIL_CARRIER not in ("", "mailgun", "mailersend"):
    raise ImproperlyConfigured(f"MAIL_CARRIER is “{MAIL_CARRIER}”. Set it to mailgun or mailersend.")
_carrier_signs = env("MAIL_CARRIER_SIGNING_KEY", default="signing_simulated" if DEMO else "")
ANYMAIL = {
    "mailgun": {
        "MAILGUN_API_KEY": env("MAIL_CARRIER_KEY", default=""),
        "MAILGUN_SENDER_DOMAIN": env("MAIL_CARRIER_DOMAIN", default="") or None,
        "MAILGUN_API_URL": env("MAIL_CARRIER_URL", default="https://api.mailgun.net/v3"),
        "MAILGUN_WEBHOOK_SIGNING_KEY": _carrier_signs,
    },
    "mailersend": {
        "MAILERSEND_API_TOKEN": env("MAIL_CARRIER_KEY", default=""),
        "MAILERSEND_SIGNING_SECRET": _carrier_signs,
    },
}.get(MAIL_CARRIER, {})
if DEMO:
    EMAIL_BACKEND = "demo.carrier.Backend"
    EMAIL_FILE_PATH = LOCAL_DIR / "mail"
elif MAIL_CARRIER:
    if not _carrier_signs:
        raise ImproperlyConfigured("MAIL_CARRIER_SIGNING_KEY is empty: anybody could tell what came back.")
    EMAIL_BACKEND = f"anymail.backends.{MAIL_CARRIER}.EmailBackend"
else:
    vars().update(env.email_url("EMAIL_URL", default="smtp://localhost:25"))

# --- signals ---------------------------------------------------------------------------------------
_reports: list[structlog.typing.Processor] = []
if env("SENTRY_DSN", default=""):
    from kit.sentry import report, start_sentry

    start_sentry(env("SENTRY_DSN"))
    _reports = [report]
# Every process that METRICS_DIR is set for counts into that folder; without it each counts for itself.
METRICS_DIR = env("METRICS_DIR", default="")
if METRICS_DIR:
    Path(METRICS_DIR).mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = METRICS_DIR
# Who may read /metrics says it as a bearer token; nobody may while it is empty.
METRICS_TOKEN = env("METRICS_TOKEN", default="")
# Workers answer no requests: where they are asked for their metrics; 0 for nowhere.
METRICS_PORT = env.int("METRICS_PORT", 0)
LOG_EVERY_REQUEST = env.bool("LOG_EVERY_REQUEST", not DEMO)
_for_machines: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    *_reports,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    without_secrets,
]
structlog.configure(
    processors=[*_for_machines, structlog.processors.JSONRenderer()],
    logger_factory=structlog.WriteLoggerFactory(),
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"routes": {"()": "kit.requests.RoutesOnly"}},
    "formatters": {
        "machines": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                without_secrets,
                structlog.processors.JSONRenderer(),
            ],
            "foreign_pre_chain": [
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
        }
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "filters": ["routes"], "formatter": "machines"}
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"django.request": {"level": "ERROR"}},
}
