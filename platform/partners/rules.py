"""What the OAuth library asks of us: which scopes there are, and what tokens look like."""

import secrets
from typing import Any

from oauth2_provider.scopes import BaseScopes

from tenants.integrations.scopes import SCOPES

ACCESS_BEGINS, REFRESH_BEGINS = "upfa_", "upfr_"


class Scopes(BaseScopes):
    """Those of the API; who asks for none gets none."""

    def get_all_scopes(self) -> dict[str, str]:
        return SCOPES

    def get_available_scopes(self, *_args: Any, **_asked: Any) -> list[str]:
        return list(SCOPES)

    def get_default_scopes(self, *_args: Any, **_asked: Any) -> list[str]:
        return []


def access_token(_request: Any) -> str:
    return ACCESS_BEGINS + secrets.token_urlsafe(32)


def refresh_token(_request: Any) -> str:
    return REFRESH_BEGINS + secrets.token_urlsafe(32)
