"""The queue's application. The queue holds hints only: emptied, the sweeper finds all work again."""

import os

from celery import Celery
from celery.signals import worker_init
from django.conf import settings

from kit import metrics

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("upfront")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def tell_metrics(**_: object) -> None:
    if settings.METRICS_PORT:
        metrics.serve(settings.METRICS_PORT)
