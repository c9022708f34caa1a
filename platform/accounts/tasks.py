"""What the queue may ask for of the platform's own mails."""

from celery import shared_task

from accounts import support
from kit.clock import now
from kit.tasks import Hint


@shared_task(base=Hint)
def send_mails() -> None:
    """Questions that the platform's people were not told of yet."""
    support.tell(now=now())
