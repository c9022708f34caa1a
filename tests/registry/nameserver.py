"""A DNS server for tests: speaks UDP on 127.0.0.1 and knows what it is told."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


@dataclass
class Zone:
    """Records by name and kind, such as `("book.anna.com", "CNAME"): ["anna.example."]`."""

    port: int
    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    # Answers nothing at all, or says that it is broken.
    silent: bool = False
    broken: bool = False

    def answer(self, wire: bytes) -> bytes | None:
        if self.silent:
            return None
        query = dns.message.from_wire(wire)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA | dns.flags.AA
        if self.broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        else:
            self._look(answer, str(query.question[0].name), dns.rdatatype.to_text(query.question[0].rdtype))
        return answer.to_wire()

    def _look(self, answer: dns.message.Message, asked: str, kind: str) -> None:
        """Follows aliases, as a server that resolves for others does."""
        name = asked.rstrip(".").lower()
        known = {each for each, _kind in self.records}
        if name not in known:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        while kind != "CNAME" and (name, "CNAME") in self.records:
            target = self.records[name, "CNAME"]
            answer.answer.append(dns.rrset.from_text_list(f"{name}.", 60, "IN", "CNAME", target))
            name = target[0].rstrip(".")
        if found := self.records.get((name, kind)):
            answer.answer.append(dns.rrset.from_text_list(f"{name}.", 60, "IN", kind, found))


@contextmanager
def nameserver() -> Iterator[Zone]:
    """Runs in this process until the end of the block."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            wire, line = self.request
            if answer := zone.answer(wire):
                line.sendto(answer, self.client_address)

    with socketserver.UDPServer(("127.0.0.1", 0), Handler) as server:
        zone = Zone(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield zone
        finally:
            server.shutdown()
            thread.join()
