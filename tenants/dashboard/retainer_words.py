"""How retainers stand, as the coach reads it in lists: a badge, and the late ones first."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from tenants.dashboard.desk import Desk
from tenants.dashboard.diary import Badge
from tenants.retainers import plans, terms
from tenants.retainers.models import RUNNING, Retainer, RetainerPlan, RetainerStatus
from tenants.retainers.statements import Statement, statements_of

BADGES = {
    RetainerStatus.PENDING: Badge("neutral", "Link sent", "mail"),
    RetainerStatus.ACTIVE: Badge("paid", "Active", "check"),
    RetainerStatus.PAST_DUE: Badge("problem", "Payment late", "triangle-alert"),
    RetainerStatus.PAUSED: Badge("neutral", "Paused", "pause"),
    RetainerStatus.ENDED: Badge("neutral", "Ended", "x"),
    RetainerStatus.VOID: Badge("neutral", "Came to nothing", "x"),
}
ORDER = (
    RetainerStatus.PAST_DUE,
    RetainerStatus.PAUSED,
    RetainerStatus.ACTIVE,
    RetainerStatus.PENDING,
    RetainerStatus.ENDED,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One retainer in a list."""

    statement: Statement
    badge: Badge

    @property
    def retainer(self) -> Retainer:
        return self.statement.retainer


@dataclass(frozen=True, slots=True)
class PlanAtTheDesk:
    """A plan with what it holds, and how many run."""

    plan: RetainerPlan
    contents: str
    price: str
    running: int


def badge_of(retainer: Retainer) -> Badge:
    if retainer.status in RUNNING and retainer.cancel_wanted_at:
        return Badge("attention", "Ends soon", "x")
    if retainer.status in RUNNING and retainer.pause_wanted_at:
        return Badge("attention", "Pauses soon", "pause")
    if retainer.status == RetainerStatus.PAUSED and retainer.paused_because == "unpaid":
        return Badge("problem", "Paused, not paid", "pause")
    return BADGES[RetainerStatus(retainer.status)]


def rows_of(desk: Desk, retainers: Sequence[Retainer]) -> list[Row]:
    """Those with a late payment first; three questions, however many there are."""
    told = statements_of(
        retainers=retainers, now=desk.now, sees_amounts=True, is_coach=True, practice=desk.practice
    )
    rows = [Row(each, badge_of(each.retainer)) for each in told]
    return sorted(rows, key=_urgency)


def _urgency(row: Row) -> tuple[int, str]:
    return ORDER.index(RetainerStatus(row.retainer.status)), row.retainer.client.name


def of_client(desk: Desk, client_id: UUID) -> list[Row]:
    """What a client has now, or was sent a link to; what has ended is on the list of all."""
    living = Retainer.objects.select_related("plan", "client", "payer").filter(client=client_id)
    return rows_of(desk, list(living.exclude(status__in=[RetainerStatus.ENDED, RetainerStatus.VOID])))


def plans_at_the_desk(desk: Desk) -> list[PlanAtTheDesk]:
    """Every plan, those on the page first."""
    running = plans.running_by_plan()
    locale = desk.practice.locale
    return [
        PlanAtTheDesk(each, terms.contents(each), terms.price_in_words(each, locale), running.get(each.pk, 0))
        for each in plans.all_plans()
    ]
