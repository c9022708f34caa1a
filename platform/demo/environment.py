"""The variables that the demo's processes, the tests and the checks are started with."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SIMULATED_KEY = "sk_test_simulated"
STRIPE = {
    "STRIPE_API_KEY": SIMULATED_KEY,
    "STRIPE_WEBHOOK_SECRET_ACCOUNTS": "whsec_simulated_accounts",
    "STRIPE_WEBHOOK_SECRET_SELF": "whsec_simulated_self",
}
# Nothing listens there: what a test has not arranged fails at once instead of reaching Stripe.
_NOWHERE = "http://127.0.0.1:9"


def for_demo(*, folder: Path, port: int, simulator_port: int) -> dict[str, str]:
    """The demo's own variables; a real Stripe test key in the environment takes the simulator's place."""
    site = {
        "DEMO": "1",
        "SIGN_UP": "open",
        "LOCAL_DIR": str(folder),
        "SECRET_KEY": kept_secret(folder / "secret-key"),
        "SITE_SCHEME": "http",
        "CENTRAL_HOST": f"localhost:{port}",
        "COACH_BASE_DOMAIN": f"localhost:{port}",
    }
    if is_simulated(os.environ):
        simulator = f"http://localhost:{simulator_port}"
        site |= {**STRIPE, "STRIPE_API_BASE": simulator, "SANDBOX_STRIPE_API_BASE": simulator}
    return site


def is_simulated(variables: Mapping[str, str]) -> bool:
    """Whether Stripe is the simulator: unless a key was given."""
    return variables.get("STRIPE_API_KEY", SIMULATED_KEY) == SIMULATED_KEY


def for_tests(*, folder: Path) -> dict[str, str]:
    """Like the demo's, with a quick password hash and no way to a Stripe."""
    return {
        **STRIPE,
        "DEMO": "1",
        "SIGN_UP": "open",
        "LOCAL_DIR": str(folder),
        "SECRET_KEY": "for tests only",
        "SITE_SCHEME": "http",
        "CENTRAL_HOST": "localhost:8000",
        "COACH_BASE_DOMAIN": "localhost:8000",
        "STRIPE_API_BASE": _NOWHERE,
        "PASSWORD_HASHERS": "django.contrib.auth.hashers.MD5PasswordHasher",
    }


def for_checks() -> dict[str, str]:
    """Production's variables, with addresses where nothing is: the checks look at code and settings only."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "SITE_SCHEME": "https",
        "CENTRAL_HOST": "upfront.example",
        "COACH_BASE_DOMAIN": "coaches.example",
        "DATABASE_URL": "postgres://upfront_web@127.0.0.1:9/upfront",
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "LOCAL_DIR": str(ROOT / ".local"),
        "STRIPE_API_KEY": "sk_live_for_checks",
        "STRIPE_WEBHOOK_SECRET_ACCOUNTS": "whsec_for_checks",
        "STRIPE_WEBHOOK_SECRET_SELF": "whsec_for_checks",
    }


def kept_secret(path: Path) -> str:
    """The secret in the file, made at the first call; only its owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
    except FileExistsError:
        pass
    return path.read_text()
