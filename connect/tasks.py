from celery import shared_task

from connect import inbox
from kit.tasks import Hint


@shared_task(base=Hint)
def sweep_events() -> None:
    inbox.work_off()
