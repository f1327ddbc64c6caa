"""Encryption at rest (封存): a short text becomes one that only the holder of the key reads, and only in its place."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = "v1"
KEY_BYTES = 32
NONCE_BYTES = 12


class Unsealable(ValueError):
    """The text was altered, moved to another place, or sealed with a key that we do not have."""


class Sealer:
    """Seals with the current key and opens with it or a previous one. AES-256-GCM; form ``v1.<key id>.<base64url>``.

    ``about`` says where the text is kept, as ``table:column:row key``: sealed text copied to another row or column
    does not open there.
    """

    def __init__(self, key: bytes, previous: tuple[bytes, ...] = ()) -> None:
        if any(len(one) != KEY_BYTES for one in (key, *previous)):
            raise ValueError(f"a sealing key has {KEY_BYTES} bytes")
        self._key_id = key_id(key)
        self._ciphers = {key_id(one): AESGCM(one) for one in (*previous, key)}
        self._lookups = tuple(hmac.digest(one, b"qiantai blind index", "sha256") for one in (key, *previous))

    def seal(self, plain: str, *, about: str) -> str:
        """Seal a text; twice the same text gives two different results."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        secret = self._ciphers[self._key_id].encrypt(nonce, plain.encode(), _bound(self._key_id, about))
        return f"{VERSION}.{self._key_id}.{base64.urlsafe_b64encode(nonce + secret).decode()}"

    def references(self, plain: str, *, about: str) -> tuple[str, ...]:
        """Give the keyed digests by which an equal text is found again (blind index), the current key's first."""
        return tuple(hmac.new(one, f"{about}:{plain}".encode(), "sha256").hexdigest() for one in self._lookups)

    def open(self, sealed: str, *, about: str) -> str:
        """Give the text back, or raise :class:`Unsealable`."""
        version, _, rest = sealed.partition(".")
        used, _, body = rest.partition(".")
        cipher = self._ciphers.get(used)
        if version != VERSION or cipher is None:
            raise Unsealable("unknown form or key")
        try:
            raw = base64.b64decode(body, altchars=b"-_", validate=True)
            return cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound(used, about)).decode()
        except (binascii.Error, InvalidTag, ValueError) as error:
            raise Unsealable("altered, or from another place") from error


def key_id(key: bytes) -> str:
    """Name a key without telling it: the first 8 hex digits of its SHA-256."""
    return hashlib.sha256(key).hexdigest()[:8]


def _bound(used: str, about: str) -> bytes:
    return f"{VERSION}.{used}.{about}".encode()
