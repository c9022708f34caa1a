"""A coach at the dashboard, in a browser that is signed in."""

from typing import Any

from django.http import HttpResponse
from django.test import Client as Browser

from accounts.models import User
from tenants.registry.models import Tenant


class Coach:
    """Pages below `/coach/<slug>/` of one coach, as the user who owns them or as somebody else."""

    def __init__(self, tenant: Tenant, *, signed_in_as: Tenant | None = None) -> None:
        self.base = f"/coach/{tenant.slug}/"
        self.browser = Browser(HTTP_HOST="localhost:8000")
        user = User.objects.get(memberships__tenant=signed_in_as or tenant)
        self.browser.force_login(user)

    def get(self, path: str = "", **options: Any) -> HttpResponse:
        return self.browser.get(self.base + path, **options)  # type: ignore[return-value]

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> HttpResponse:
        return self.browser.post(self.base + path, data or {}, **options)  # type: ignore[return-value]

    def read(self, path: str = "") -> str:
        """The text of a page, with white space as a browser shows it."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return " ".join(answer.content.decode().split())
