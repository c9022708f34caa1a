"""What the queue may ask for. Each task carries ids only, and may run twice."""

from uuid import UUID

from celery import shared_task

from kit.clock import now
from kit.tasks import Hint, enqueue
from tenants.registry import erasing, news_mails, patrols, provisioning, wakeups


@shared_task
def provision_tenant(tenant_id: str) -> None:
    provisioning.provision(tenant_id=UUID(tenant_id), now=now())


@shared_task(base=Hint)
def work_off_tenant(schema_name: str) -> None:
    wakeups.work_off(schema_name=schema_name)


@shared_task(base=Hint)
def reach_out_tenant(schema_name: str) -> None:
    """On a queue of its own: who is reached may take as long as they like."""
    wakeups.reach_out(schema_name=schema_name)


@shared_task
def sweep() -> None:
    """Everything that the fast path may have missed: due work, and tenants that wait for their schema."""
    provisioning.ask_again(now=now())
    for schema_name in wakeups.schemas_with_due_work(now=now()):
        enqueue(work_off_tenant, schema_name)
    for schema_name in wakeups.schemas_with_due_work(now=now(), outward=True):
        enqueue(reach_out_tenant, schema_name)


@shared_task(base=Hint)
def mail_news() -> None:
    """A batch of what is announced to all coaches, and the next one after it."""
    if news_mails.send_batch(now=now()):
        enqueue(mail_news)


@shared_task
def patrol() -> None:
    """Every night: a look at each practice for what should never be found there."""
    for schema_name in patrols.schemas_to_visit():
        enqueue(patrol_tenant, schema_name)


@shared_task
def patrol_tenant(schema_name: str) -> None:
    patrols.patrol_tenant(schema_name=schema_name, now=now())


@shared_task
def prove() -> None:
    """Every night: the books of those practices whose night it is, against Stripe's."""
    for schema_name in patrols.schemas_to_prove(now=now()):
        enqueue(prove_tenant, schema_name)


@shared_task
def prove_tenant(schema_name: str) -> None:
    patrols.prove_tenant(schema_name=schema_name, now=now())


@shared_task
def erase_closed() -> None:
    """Every night, on the owner's queue: the closed practices of which nothing has to be kept any more."""
    for tenant in erasing.due(now=now()):
        erasing.erase(tenant_id=tenant.pk, now=now())
