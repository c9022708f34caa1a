"""The queue's application. The queue holds hints only: emptied, the sweeper finds all work again."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("upfront")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
