"""What a client types to accept an agreement, or to say why not."""

from django import forms


class AcceptForm(forms.Form):
    """The name, which is the signature, and the hash of the text that the page has shown."""

    shown = forms.CharField(max_length=64, widget=forms.HiddenInput)
    name = forms.CharField(
        label="Your full name",
        max_length=120,
        help_text="Typing it and pressing the button is your signature.",
        error_messages={"required": "Type your full name, then press “I accept” again."},
        widget=forms.TextInput({"autocomplete": "name", "autocapitalize": "words"}),
    )


class DeclineForm(forms.Form):
    words = forms.CharField(
        label="What should be different?",
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
