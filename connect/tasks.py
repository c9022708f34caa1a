from celery import shared_task

from connect import inbox


@shared_task
def sweep_events() -> None:
    inbox.work_off()
