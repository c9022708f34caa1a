"""Django's cache in Redis, with a client that is kept: making one costs more than being answered."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis import ConnectionError, Redis

# Where a count has no end, whatever took it away, it gets one.
COUNT = """
    local counted = redis.call('INCR', KEYS[1])
    redis.call('EXPIRE', KEYS[1], ARGV[1], 'NX')
    return counted"""


class KeptClient(RedisCacheClient):
    """The same client and connection for as long as its cache lives, which is as long as a thread."""

    _clients: dict[int, Any]
    # Reads what was asked for last and is still to be read: it comes before the answer to anything else.
    _read: Callable[[], int] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clients = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        if self._read:
            self._read()
        index: int = self._get_connection_pool_index(write)  # type: ignore[attr-defined]
        if index not in self._clients:
            pool = self._get_connection_pool(write)  # type: ignore[attr-defined]
            self._clients[index] = Redis(connection_pool=pool, single_connection_client=True)
        return self._clients[index]

    def counting(self, key: str, seconds: int) -> Callable[[], int]:
        client = self.get_client(key, write=True)
        # A script rather than a pipeline of two, whose Python costs twice as much; and straight to the
        # connection, which belongs to this thread, since a client asks it by way of ten functions.
        command = ("EVAL", COUNT, 1, key, seconds)
        with suppress(ConnectionError):
            client.connection.send_command(*command)

        counted: list[int] = []

        def read() -> int:
            if not counted:
                self._read = None
                counted.append(self._answer(client, command))
            return counted[0]

        self._read = read
        return read

    def _answer(self, client: Any, command: tuple[object, ...]) -> int:
        try:
            return int(client.connection.read_response())
        except ConnectionError:
            # The server has closed what was idle: the client connects anew, as often as it is told to.
            client.connection.disconnect()
            return int(client.execute_command(*command))


class Cache(RedisCache):
    """What `settings.CACHES` name."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = KeptClient

    def count(self, key: str, *, seconds: int) -> int:
        """One more of `key`, and how many there were within `seconds` of the first. One command."""
        return self.counting(key, seconds=seconds)()

    def counting(self, key: str, *, seconds: int) -> Callable[[], int]:
        """As `count`, whose answer is waited for when it is called for: meanwhile others can be asked."""
        client: Any = self._cache
        read: Callable[[], int] = client.counting(self.make_and_validate_key(key), seconds)
        return read
