"""Where a client's own pages are: for mails, which only know the schema."""

from uuid import UUID

from kit.database import current_schema
from tenants.clients.sign_in import link_token
from tenants.registry.pages import coach_address

HOME = "/my/"


def portal_address(path: str = "") -> str:
    """The own pages of whoever signs in there, absolute; `path` below them, such as "papers/"."""
    return f"{coach_address(current_schema())}{HOME}{path}"


def enter_address(asked_id: UUID) -> str:
    """The page behind the mailed link, whose button opens a session."""
    return portal_address(f"enter/{link_token(asked_id)}/")
