from django import forms


class QuestionForm(forms.Form):
    """What a coach asks the platform's people."""

    text = forms.CharField(
        label="Your question",
        max_length=4000,
        help_text="What did you want to do, and what happened?",
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    page = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
