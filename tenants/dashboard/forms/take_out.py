from typing import Any

from django import forms


class ClosingForm(forms.Form):
    """A coach who closes the page types its address: nobody does that by accident."""

    typed = forms.CharField(
        label="The address of your page", max_length=60, help_text="To say that you mean it."
    )

    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._address = address

    def clean_typed(self) -> str:
        typed = str(self.cleaned_data["typed"]).strip().lower()
        if typed != self._address:
            raise forms.ValidationError(f"Type “{self._address}” to close the page.")
        return typed
