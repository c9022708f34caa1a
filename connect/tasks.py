from celery import shared_task

from connect import inbox
from kit import clock


@shared_task
def sweep_events() -> None:
    inbox.work_off(now=clock.now())
