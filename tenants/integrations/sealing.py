"""Secrets that have to be read again: encrypted where they are kept."""

import base64
from typing import Final

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

# Of this use alone: another one derives another key from the same secret of the installation.
_USE: Final = b"webhook signing secrets"


def sealed(secret: str) -> str:
    """With the key that is in force."""
    return _keys().encrypt(secret.encode()).decode()


def opened(kept: str) -> str:
    """With that key, or with one before it. Raises `cryptography.fernet.InvalidToken`."""
    return _keys().decrypt(kept.encode()).decode()


def _keys() -> MultiFernet:
    return MultiFernet([_key(each) for each in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_USE).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
