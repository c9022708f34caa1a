"""A domain that the coach brings."""

from django import forms


class DomainForm(forms.Form):
    domain = forms.CharField(
        label="Address that you own",
        max_length=300,
        help_text="For example book.anna.com. Your website can stay where it is.",
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "inputmode": "url"}),
    )
