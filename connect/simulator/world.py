"""Everything that one running simulator shares between its requests."""

import threading
from dataclasses import dataclass, field
from typing import Any

from connect.simulator.faults import Faults
from connect.simulator.store import PLATFORM, Store

API_VERSION = "2026-10-28.endive"


@dataclass
class Config:
    """`endpoints` and `secrets` are by audience: `accounts` (of connected accounts) and `self` (ours)."""

    base_url: str
    endpoints: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    settle_seconds: int = 2
    event_form: str = "thin"


@dataclass
class World:
    store: Store
    config: Config
    faults: Faults = field(default_factory=Faults)
    wake_deliverer: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Call:
    """One API request, after its parameters were checked. `account` is "" for the platform itself."""

    world: World
    account: str
    ids: tuple[str, ...]
    params: dict[str, Any]
    request_id: str = ""
    key: str | None = None

    @property
    def store(self) -> Store:
        return self.world.store

    @property
    def is_platform(self) -> bool:
        return self.account == PLATFORM
