"""The coach's own words in templates. Between tags they are `{{ called.session }}`."""

from django import template

from tenants.offers.vocabulary import called

register = template.Library()


@register.filter
def said(text: str) -> str:
    """In what is handed to a tag: `{% button "Cancel this {session}"|said %}`."""
    return called.said(text)
