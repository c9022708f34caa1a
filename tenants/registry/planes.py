"""Which models and migrations belong to the shared plane, and which to every tenant's."""

from collections.abc import Iterable
from functools import lru_cache

from django.apps import apps
from django.apps.registry import Apps
from django.conf import settings
from django.db import models

OWNER = "owner"


@lru_cache(maxsize=2)
def _labels(names: tuple[str, ...]) -> frozenset[str]:
    by_name = {config.name: config.label for config in apps.get_app_configs()}
    return frozenset(by_name[name] for name in names)


def tenant_labels() -> frozenset[str]:
    return _labels(tuple(settings.TENANT_APPS))


def shared_labels() -> frozenset[str]:
    return _labels(tuple(settings.SHARED_APPS))


def tenant_models(registry: Apps = apps) -> list[type[models.Model]]:
    """The models that have a table in every tenant's schema, tables between many and many included."""
    return _tables_of(registry, tenant_labels())


def shared_models(registry: Apps = apps) -> list[type[models.Model]]:
    """The models that have a table in the shared plane."""
    return _tables_of(registry, shared_labels())


def _tables_of(registry: Apps, labels: Iterable[str]) -> list[type[models.Model]]:
    return [
        model
        for model in registry.get_models(include_auto_created=True)
        if model._meta.app_label in labels and model._meta.managed and not model._meta.proxy
    ]
