from typing import Any

from django import forms
from oauth2_provider.forms import AllowForm

from accounts.models import User
from tenants.registry.models import Tenant, TenantStatus

SEVERAL = "Choose the practice that the program may work in."


class ConsentForm(AllowForm):
    """The coach's answer. The practice is one of their own, whatever was sent."""

    practice = forms.ModelChoiceField(Tenant.objects.none(), label="Practice", empty_label=None)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        practice: Any = self.fields["practice"]
        practice.queryset = practices_of(user)
        practice.error_messages = {"required": SEVERAL, "invalid_choice": SEVERAL}


def practices_of(user: User) -> Any:
    """Where the user may let a program in."""
    return Tenant.objects.filter(memberships__user=user, status=TenantStatus.OPEN).order_by("name", "pk")


class SandboxForm(forms.Form):
    currency = forms.ChoiceField(
        choices=[("usd", "US dollar"), ("eur", "Euro"), ("gbp", "Pound sterling")],
        help_text="Of what is sold in the sandbox.",
    )

    @property
    def country(self) -> str:
        return {"usd": "US", "eur": "DE", "gbp": "GB"}[self.cleaned_data["currency"]]
