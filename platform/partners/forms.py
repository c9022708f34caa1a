from typing import Any

from django import forms
from oauth2_provider.forms import AllowForm

from accounts.models import User
from tenants.registry.models import Tenant, TenantStatus

SEVERAL = "Choose the practice that the program may work in."


class PracticeField(forms.ModelChoiceField):
    """One of several practices, by name and address: sandboxes all have the same name."""

    def label_from_instance(self, tenant: Tenant) -> str:
        return f"{tenant.name} ({tenant.slug})"


class ConsentForm(AllowForm):
    """The coach's answer. The practice is one of their own, whatever was sent; among several none is set."""

    practice = PracticeField(Tenant.objects.none(), label="Practice", empty_label="Choose one")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        practice: Any = self.fields["practice"]
        practice.queryset = practices_of(user)
        # Who refuses need not say for which practice.
        practice.required = not self.is_bound or bool(self.data.get("allow"))
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
