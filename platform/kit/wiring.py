"""Look up what `config.wiring` names."""

from functools import cache
from importlib import import_module
from typing import Any

from django.utils.module_loading import import_string


@cache
def named(path: str) -> Any:
    """The object at a dotted path, or the module when the path names one."""
    try:
        return import_string(path)
    except ImportError:
        return import_module(path)


def table(name: str) -> Any:
    """One of the tables of the composition root."""
    return getattr(import_module("config.wiring"), name)
