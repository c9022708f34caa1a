"""What a patrol looks for among what clients have accepted."""

from datetime import datetime

from django.db.models import Q

from kit.database import current_schema
from tenants.paperwork.verifying import differing
from tenants.registry import patrols
from tenants.registry.patrols import Missed


def altered_acceptances(*, now: datetime) -> list[Missed]:
    """They do not say any more what was accepted, by their hashes.

    Each is looked at on one day of every week, that of its making; one that was found, until it is right.
    """
    known = patrols.open_findings(schema_name=current_schema(), kind="altered_acceptance")
    found_before = list(known.values_list("reference", flat=True))
    wanted = Q(at__iso_week_day=now.isoweekday()) | Q(client_paper__in=found_before)
    found = {each.acceptance.client_paper_id for each in differing(wanted)}
    return [Missed(client_paper_id) for client_paper_id in sorted(found)]
