"""The same apps and tables under django-tenants as it comes: its own engine, router and commands."""

from config.settings import DATABASES as OURS
from config.settings import INSTALLED_APPS as OUR_APPS
from tests.bench.migrating_settings import *  # noqa: F403

DATABASES = {"default": {**OURS["owner"], "ENGINE": "django_tenants.postgresql_backend", "OPTIONS": {}}}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
INSTALLED_APPS = ["django_tenants", *OUR_APPS]
