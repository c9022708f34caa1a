"""One message to a server that nobody can trust."""

import ssl
import subprocess
import time
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from tenants.integrations import posting, receivers
from tenants.integrations.posting import Answer, Road, Undelivered
from tests.webhooks import receiver
from tests.webhooks.receiver import Behave

BODY = b'{"type":"webhook.tested"}'


def local(seconds: float = 1.0) -> Road:
    return Road(may_be_local=True, seconds=seconds)


def send(port: int, by: Road, *, host: str = "localhost", scheme: str = "http") -> Answer:
    headers = {"Content-Type": "application/json", "webhook-id": "1"}
    return posting.post(f"{scheme}://{host}:{port}/hook?of=anna", body=BODY, headers=headers, by=by)


def test_a_polite_receiver_is_sent_the_message_once_and_its_answer_is_known() -> None:
    with receiver.polite() as polite:
        answer = send(polite.port, local())
    assert (answer.status, answer.is_taken) == (200, True)
    [heard] = polite.heard
    assert (heard.path, heard.body) == ("/hook?of=anna", BODY.decode())
    assert heard.headers["host"] == f"localhost:{polite.port}"
    assert heard.headers["content-length"] == str(len(BODY))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_an_answer_and_leads_nowhere(status: int) -> None:
    with receiver.polite() as polite, receiver.polite() as other:
        polite.status, polite.headers = status, {"Location": other.url}
        answer = send(polite.port, local())
    assert (answer.status, answer.is_taken, other.heard) == (status, False, [])


@pytest.mark.parametrize(
    "behave",
    [
        receiver.silent,
        receiver.dripping,
        receiver.endless_headers,
        receiver.always_to_continue,
        receiver.no_http,
        receiver.hanging_up,
    ],
    ids=lambda behave: behave.__name__,
)
def test_a_rude_one_is_left_in_time(behave: Behave) -> None:
    """None of them would end within 20 seconds by itself, but those that end at once."""
    with receiver.rude(behave) as port:
        begun = time.monotonic()
        with pytest.raises(Undelivered):
            send(port, local(seconds=0.8))
        assert time.monotonic() - begun < 15


def test_a_body_without_end_is_not_read_to_the_end() -> None:
    with receiver.rude(receiver.huge) as port:
        begun = time.monotonic()
        assert send(port, local(seconds=60)).status == 200
        assert time.monotonic() - begun < 45


def test_where_nothing_listens_that_is_said() -> None:
    with pytest.raises(Undelivered, match="Nothing answered"):
        send(receiver.nobody(), local())


# --- where a name leads -------------------------------------------------------------------------------


def test_a_local_address_is_not_reached_unless_that_is_allowed() -> None:
    with receiver.polite() as polite:
        with pytest.raises(Undelivered, match="not on the public internet"):
            send(polite.port, Road(addresses_of=lambda _host: ["127.0.0.1"]), host="shop.example")
        assert polite.heard == []


def test_a_name_that_leads_to_a_public_and_a_private_address_is_refused() -> None:
    by = Road(addresses_of=lambda _host: ["93.184.216.34", "10.0.0.7"])
    with pytest.raises(Undelivered, match=r"10\.0\.0\.7"):
        send(80, by, host="shop.example")


def test_who_answers_differently_the_second_time_is_not_asked_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that leads to a public address while it is looked at, and then to ours."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]])
    asked: list[str] = []
    connected: list[str] = []

    def rebinding(host: str) -> Collection[str]:
        asked.append(host)
        return next(answers)

    def connect(address: tuple[str, int], timeout: float) -> None:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr("tenants.integrations.posting.socket.create_connection", connect)
    with pytest.raises(Undelivered):
        send(443, Road(addresses_of=rebinding), host="rebinds.example", scheme="https")
    assert (asked, connected) == (["rebinds.example"], ["93.184.216.34"])


PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "0.0.0.0",  # noqa: S104
    "255.255.255.255",
    "224.0.0.1",
    "240.0.0.1",
    "198.18.0.1",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::1",
    "2001:0:a00:1::1",
    "2001:db8::1",
    "no number",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_refused(address: str) -> None:
    assert not receivers.is_allowed(address, may_be_local=False)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8"])
def test_what_is_public_is_allowed(address: str) -> None:
    assert receivers.is_allowed(address, may_be_local=False)


@pytest.mark.parametrize("address", [each for each in PRIVATE if "127.0.0.1" not in each and each != "::1"])
def test_the_demo_allows_this_machine_and_nothing_else(address: str) -> None:
    assert receivers.is_allowed("127.0.0.1", may_be_local=True)
    assert not receivers.is_allowed(address, may_be_local=True)


# --- TLS ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    asked = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    named = ["-subj", "/CN=shop.example", "-addext", "subjectAltName=DNS:shop.example", "-days", "2"]
    subprocess.run(["openssl", *asked, *named, "-keyout", key, "-out", cert], check=True, capture_output=True)
    return key, cert


@pytest.fixture
def over_tls(certificate: tuple[Path, Path]) -> Iterator[tuple[receiver.Receiver, list[str | None]]]:
    key, cert = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    asked_for: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    with receiver.polite(tls=context) as polite:
        yield polite, asked_for


def test_over_tls_the_name_is_asked_for_and_the_certificate_has_to_bear_it(
    over_tls: tuple[receiver.Receiver, list[str | None]], certificate: tuple[Path, Path]
) -> None:
    polite, asked_for = over_tls
    believed = ssl.create_default_context(cafile=str(certificate[1]))
    by = Road(addresses_of=lambda _host: ["127.0.0.1"], may_be_local=True, tls=believed, seconds=3)
    assert send(polite.port, by, host="shop.example", scheme="https").status == 200
    assert asked_for == ["shop.example"]
    assert polite.heard[0].headers["host"] == f"shop.example:{polite.port}"
    with pytest.raises(Undelivered, match="certificate is not valid"):
        send(polite.port, by, host="other.example", scheme="https")
    assert len(polite.heard) == 1


def test_a_certificate_that_nobody_has_signed_is_not_believed(
    over_tls: tuple[receiver.Receiver, list[str | None]],
) -> None:
    polite, _ = over_tls
    by = Road(addresses_of=lambda _host: ["127.0.0.1"], may_be_local=True, seconds=3)
    with pytest.raises(Undelivered, match="certificate is not valid"):
        send(polite.port, by, host="shop.example", scheme="https")
    assert polite.heard == []
