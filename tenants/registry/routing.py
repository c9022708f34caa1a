"""Only the owner's connection changes schemas, each plane on its own side."""

from typing import Any

from kit.database import typed
from kit.database.base import PUBLIC
from tenants.registry.planes import OWNER, shared_labels, tenant_labels


class PlaneRouter:
    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool:
        if db != OWNER:
            return False
        return app_label in (shared_labels() if typed(db).schema_name == PUBLIC else tenant_labels())
