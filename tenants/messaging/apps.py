from anymail.signals import tracking
from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "tenants.messaging"

    def ready(self) -> None:
        """The carrier's news reach the mails that they are about."""
        from tenants.messaging.carriers import on_tracking

        tracking.connect(on_tracking, dispatch_uid="messaging")
