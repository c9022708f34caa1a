"""Other people's servers, on this machine: each listens for real, and behaves as it is told."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behave = Callable[[socket.socket], None]


@dataclass
class Heard:
    path: str
    headers: dict[str, str]
    body: str


@dataclass
class Receiver:
    """A polite one: it remembers what it was sent, and answers with `status`."""

    port: int = 0
    scheme: str = "http"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    before: Callable[[Heard], object] = lambda _heard: None

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}/hook?of=anna"


@contextmanager
def polite(*, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    receiver = Receiver(scheme="https" if tls else "http")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            said = {name.lower(): value for name, value in self.headers.items()}
            heard = Heard(self.path, said, self.rfile.read(length).decode())
            receiver.before(heard)
            receiver.heard.append(heard)
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def rude(behave: Behave) -> Iterator[int]:
    """A port at which every visitor is treated as `behave` says, until they go or the test is over."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                visitor, _ = listening.accept()
            except OSError:
                return
            with visitor, suppress(OSError):
                behave(visitor)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        over.set()
        listening.close()


def silent(visitor: socket.socket) -> None:
    """Takes the message, and says nothing for as long as anybody waits."""
    while visitor.recv(65536):
        pass


def dripping(visitor: socket.socket) -> None:
    """Says one letter after the other, each soon enough for a limit on every single one."""
    visitor.recv(65536)
    for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 500:
        visitor.sendall(bytes([letter]))
        time.sleep(0.05)


def huge(visitor: socket.socket) -> None:
    """Answers properly, with a body that never ends."""
    visitor.recv(65536)
    visitor.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
    while True:
        visitor.sendall(b"x" * 65536)


def endless_headers(visitor: socket.socket) -> None:
    visitor.recv(65536)
    visitor.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        visitor.sendall(b"X: " + b"y" * 30000 + b"\r\n")


def always_to_continue(visitor: socket.socket) -> None:
    visitor.recv(65536)
    while True:
        visitor.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


def no_http(visitor: socket.socket) -> None:
    visitor.sendall(b"220 mail.example ESMTP\r\n")
    visitor.recv(65536)


def hanging_up(visitor: socket.socket) -> None:
    visitor.recv(10)


def nobody() -> int:
    """A port at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port
