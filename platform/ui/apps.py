from django.apps import AppConfig


class UiConfig(AppConfig):
    """Base templates, components and the stylesheet that every page shares. It has no tables."""

    name = "ui"
    label = "ui"
