"""What mails themselves lead to on a coach's own host."""

from django.urls import path

from public_pages.mails import unsubscribing

urlpatterns = [
    path("unsubscribe/<str:unsubscribe_token>/", unsubscribing.unsubscribe, name="unsubscribe"),
]
