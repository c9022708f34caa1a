"""What a patrol looks for among mails."""

from datetime import datetime, timedelta

from tenants.messaging.models import Mail, MailStatus
from tenants.registry.patrols import Missed

# Mail servers may say "later" for a while.
LATE = timedelta(hours=3)


def late_mails(*, now: datetime) -> list[Missed]:
    """Mails that were neither sent nor given up yet."""
    rows = Mail.objects.filter(status=MailStatus.WAITING, created_at__lte=now - LATE)
    return [Missed(about, ("mail", mail_id)) for about, mail_id in rows.values_list("subject_id", "pk")]
