"""A program that speaks to the API, as a partner's would."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.conf import settings
from django.test import Client as Browser

from tenants.registry.models import Tenant


@dataclass
class Program:
    """Speaks to one practice with one key."""

    tenant: Tenant
    secret: str
    headers: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        match: str | None = None,
        **headers: str,
    ) -> Any:
        """One request; a write gets an Idempotency-Key of its own unless one is given ("" for none)."""
        said = {"Authorization": f"Bearer {self.secret}", **self.headers, **headers}
        if method != "GET":
            said["Idempotency-Key"] = str(uuid4()) if key is None else key
        if match is not None:
            said["If-Match"] = match
        browser = Browser(
            HTTP_HOST=f"{self.tenant.slug}.{settings.COACH_BASE_DOMAIN}", raise_request_exception=False
        )
        return browser.generic(
            method,
            path,
            "" if body is None else json.dumps(body),
            content_type="application/json",
            headers={name: value for name, value in said.items() if value},
        )

    def get(self, path: str, **words: Any) -> Any:
        return self.ask("GET", f"{path}?{urlencode(words)}" if words else path)

    def post(self, path: str, body: Any = None, **said: Any) -> Any:
        return self.ask("POST", path, body, **said)
