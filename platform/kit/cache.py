"""Django's cache in Redis, with a client that is kept: making one costs more than being answered."""

from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient


class KeptClient(RedisCacheClient):
    """The same client for as long as its cache lives, which is as long as a thread."""

    _clients: dict[int, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clients = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        index: int = self._get_connection_pool_index(write)  # type: ignore[attr-defined]
        if index not in self._clients:
            self._clients[index] = super().get_client(key, write=write)
        return self._clients[index]

    def count(self, key: str, seconds: int) -> int:
        pipeline = self.get_client(key, write=True).pipeline(transaction=False)
        # Where a count has no end, whatever took it away, it gets one.
        pipeline.incr(key).expire(key, seconds, nx=True)
        counted: int = pipeline.execute()[0]
        return counted


class Cache(RedisCache):
    """What `settings.CACHES` name."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = KeptClient

    def count(self, key: str, *, seconds: int) -> int:
        """One more of `key`, and how many there were within `seconds` of the first. One round trip."""
        client: Any = self._cache
        counted: int = client.count(self.make_and_validate_key(key), seconds)
        return counted
