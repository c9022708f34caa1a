"""`python -m connect.simulator`: run the simulated Stripe until it is stopped."""

import argparse
import os
import signal
import sys
import threading

from connect.simulator import delivery, fitting, routes
from connect.simulator.deliverer import Deliverer
from connect.simulator.rendering import SDK_TYPES
from connect.simulator.server import Server, ready_line
from connect.simulator.store import EarlierFile, Store
from connect.simulator.world import Config, World


def main() -> None:
    options = _options()
    config = Config(
        base_url="",
        endpoints={"accounts": options.deliver_accounts, "self": options.deliver_self},
        secrets={"accounts": options.secret_accounts, "self": options.secret_self},
        settle_seconds=options.settle_seconds,
        event_form=options.event_form,
    )
    server = _server(options, config)
    config.base_url = options.public_url or f"http://localhost:{server.server_address[1]}"
    delivery.resume(server.world)
    Deliverer(server.world).start()
    threading.Thread(target=_derive_schemas, daemon=True).start()
    if options.until_stdin_closes:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.stdout.write(ready_line(server) + "\n")
    sys.stdout.flush()
    try:
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        return


def _server(options: argparse.Namespace, config: Config) -> Server:
    try:
        store = Store(options.state)
    except EarlierFile as fault:
        sys.exit(f"The simulator cannot start: {fault}")
    try:
        return Server((options.host, options.port), World(store, config))
    except OSError as fault:
        sys.exit(
            f"The simulator cannot listen on port {options.port} ({fault.strerror}). Choose one with --port."
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m connect.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=12111, help="0 chooses a free one")
    parser.add_argument("--public-url", default="", help="where browsers reach it; http://localhost:<port>")
    parser.add_argument("--state", default=":memory:", help="SQLite file that survives a restart")
    parser.add_argument("--deliver-accounts", default="", help="URL for events of connected accounts")
    parser.add_argument("--deliver-self", default="", help="URL for events of the platform")
    parser.add_argument("--secret-accounts", default="whsec_simulated_accounts")
    parser.add_argument("--secret-self", default="whsec_simulated_self")
    parser.add_argument("--settle-seconds", type=int, default=2, help="until a capture's fee is known")
    parser.add_argument("--event-form", choices=("thin", "snapshot", "both"), default="thin")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end with the starting process")
    return parser.parse_args()


def _end_with_parent() -> None:
    """Whoever holds the other end may be killed without a chance to stop us."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


def _derive_schemas() -> None:
    """Ahead of the first request that needs them; each takes some hundredths of a second."""
    for known in (*SDK_TYPES.values(), *(route.params_type for route in routes.ROUTES)):
        fitting.fits(known)


if __name__ == "__main__":
    main()
