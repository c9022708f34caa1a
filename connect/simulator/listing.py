"""Stripe's lists: newest first, by page, filtered as asked."""

from typing import Any

from connect.simulator import rendering
from connect.simulator.refusals import Refusal, invalid
from connect.simulator.store import LINKED, Document, Wanted
from connect.simulator.world import Call

LARGEST_PAGE = 100
LAST_MOMENT = 2**62


def page(call: Call, kind: str, *, url: str, filters: tuple[str, ...] = (), **fixed: str) -> Document:
    """The page that `limit`, `starting_after` and `created` ask for.

    `filters` are the parameters that must equal the objects' members of that name; `fixed` is one more link.
    """
    limit = _limit(call)
    given = {name: call.params[name] for name in filters if name in call.params}
    link, equal = _parted(kind, {**given, **fixed})
    earliest, latest = _period(call.params.get("created"))
    wanted = Wanted(
        kind=kind,
        account=call.account,
        link=link,
        equal=equal,
        earliest=earliest,
        latest=latest,
        after=_place(call),
        limit=limit + 1,
    )
    found = call.store.listed(wanted)
    shown = [rendering.render(document) for document in found[:limit]]
    return rendering.listed(shown, url=url, has_more=len(found) > limit)


def _limit(call: Call) -> int:
    limit = call.params.get("limit", 10)
    if not 1 <= limit <= LARGEST_PAGE:
        raise invalid(f"Limit must be between 1 and {LARGEST_PAGE}.", param="limit")
    if "ending_before" in call.params:
        raise Refusal(501, "api_error", "Going backwards through a list is not simulated.")
    return limit


def _place(call: Call) -> str:
    after = call.params.get("starting_after", "")
    if after and call.store.find(after, account=call.account) is None:
        raise invalid(f"No such object: '{after}'", code="resource_missing", param="starting_after")
    return after


def _parted(kind: str, asked: dict[str, str]) -> tuple[tuple[str, str] | None, dict[str, str]]:
    """One of them leads to the objects, the others are looked at."""
    leading = next((name for name in LINKED.get(kind, ()) if name in asked), None)
    link = (leading, asked[leading]) if leading else None
    return link, {name: value for name, value in asked.items() if name != leading}


def _period(created: Any) -> tuple[int, int]:
    if isinstance(created, int):
        return created, created
    asked = created or {}
    earliest = asked.get("gte", asked.get("gt", -1) + 1)
    latest = asked.get("lte", asked.get("lt", LAST_MOMENT) - 1)
    return earliest, latest
