"""The site's settings, with a migration more for the clients' app when the bench has written one."""

from config.settings import *  # noqa: F403
from config.settings import env

MIGRATION_MODULES = {"clients": env("BENCH_CLIENTS_MIGRATIONS", default="tenants.clients.migrations")}
