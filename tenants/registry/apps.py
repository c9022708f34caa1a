from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "tenants.registry"
    label = "registry"

    def ready(self) -> None:
        from tenants.registry.hosts import drop_hosts_when_they_change

        drop_hosts_when_they_change()
