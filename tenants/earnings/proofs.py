"""The weekly proof: every practice's books against Stripe's own records, a seventh of them each night."""

from datetime import datetime

import structlog
from django_tenants.utils import schema_context

from connect import gateway
from tenants.earnings.books import verify
from tenants.earnings.statements import note_proof

log = structlog.get_logger()


def prove(*, schema_name: str, now: datetime) -> None:
    """Use case of the nightly task: prove one practice, and keep what was found for operators.

    Where Stripe does not answer, the last proof stays as it was said, with its date.
    """
    try:
        verdict = verify(schema_name=schema_name, now=now)
    except gateway.GatewayUnavailable as error:
        log.warning("books not proved", schema=schema_name, error=str(error))
        return
    with schema_context(schema_name):
        note_proof(verdict=verdict, now=now)
    if verdict.differences:
        log.error("books do not tie", schema=schema_name, differences=len(verdict.differences))
