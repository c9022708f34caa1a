"""The simulator's HTTP server: threads, keep-alive, and connections that can break to order."""

import json
import socket
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from connect.simulator import alarms, api, control, hosted, panel
from connect.simulator.messages import Answer, NoAnswer, Request, as_json, page, redirect
from connect.simulator.pages import frame, problem
from connect.simulator.refusals import Refusal
from connect.simulator.world import World

CONTROL = "/_control/"


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], world: World) -> None:
        super().__init__(address, _Handler)
        self.world = world


def answer(world: World, request: Request) -> Answer:
    """Raises NoAnswer when the connection is to break."""
    if request.path.startswith(("/v1/", "/v2/")):
        return api.answer(world, request)
    if request.path.startswith(CONTROL):
        return _controlled(world, request)
    try:
        return _shown(world, request)
    except Refusal as refusal:
        said = problem(refusal.body["error"]["message"])
        return page(frame("Not possible", said), status=refusal.status)


def _answer_or_fault(world: World, request: Request) -> Answer:
    """A fault of the simulator's own is loud: the test that met it must fail."""
    try:
        return answer(world, request)
    except NoAnswer:
        raise
    except Exception as fault:
        traceback.print_exc()
        return as_json(500, {"error": {"type": "api_error", "message": f"The simulator failed: {fault!r}"}})


def _shown(world: World, request: Request) -> Answer:
    if request.path.startswith(("/c/pay/", "/c/bank/", "/setup/")):
        return hosted.answer(world, request)
    if request.path != "/":
        raise Refusal(404, "invalid_request_error", "There is no such page.")
    with world.store.transaction():
        alarms.catch_up(world)
        return page(panel.page(world))


def _controlled(world: World, request: Request) -> Answer:
    """JSON for programs; the panel's own forms go back to the panel."""
    try:
        said = control.carry_out(world, request.path.removeprefix(CONTROL), request.fields())
    except Refusal as refusal:
        if not request.is_form:
            return as_json(refusal.status, refusal.body)
        return page(frame("Not possible", problem(refusal.body["error"]["message"])), status=refusal.status)
    except (KeyError, ValueError) as error:
        return as_json(400, {"error": {"message": f"{type(error).__name__}: {error}"}})
    return redirect("/") if request.is_form else as_json(200, said)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the panel shows what happened."""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, parts.path, parts.query, self.headers, body)  # type: ignore[arg-type]
        try:
            self._send(_answer_or_fault(self.server.world, request))
        except NoAnswer:
            self._break_off()

    def _send(self, answered: Answer) -> None:
        self.send_response(answered.status)
        for name, value in answered.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answered.body)))
        self.end_headers()
        self.wfile.write(answered.body)

    def _break_off(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def ready_line(server: Server) -> str:
    """What a launcher reads to know the port."""
    return json.dumps({"ready": True, "port": server.server_address[1]})
