"""The message cipher (消息加解密): AES-256-CBC and SHA-1 signatures as the platform describes them.

Its own code, on purpose: it must be able to disagree with the product's.
"""

import base64
import hashlib
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


class BadCipher(Exception):
    """The ciphertext cannot be ours; the words say what is wrong with it."""


def signature(*parts: str) -> str:
    """Sign by SHA-1 over the parts, sorted as strings and joined."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def encrypt(aes_key: str, message: bytes, appid: str, *, head: bytes | None = None) -> str:
    """Encrypt 16 random bytes, the length, the message and the appid, padded to 32-byte blocks; answer in Base64."""
    plain = (head or secrets.token_bytes(16)) + struct.pack(">I", len(message)) + message + appid.encode()
    fill = BLOCK - len(plain) % BLOCK
    encryptor = _cipher(aes_key).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([fill]) * fill) + encryptor.finalize()).decode()


def decrypt(aes_key: str, encrypted: str, appid: str) -> bytes:
    """Open a ciphertext and hold it to the appid; raise BadCipher for anything else."""
    try:
        data = base64.b64decode(encrypted, validate=True)
    except ValueError as error:
        raise BadCipher("Encrypt is not Base64") from error
    if not data or len(data) % 16:
        raise BadCipher("ciphertext is no whole number of blocks")
    decryptor = _cipher(aes_key).decryptor()
    padded = decryptor.update(data) + decryptor.finalize()
    return _message(_unpad(padded), appid)


def _message(plain: bytes, appid: str) -> bytes:
    if len(plain) < 20:
        raise BadCipher("plaintext is too short")
    end = 20 + struct.unpack(">I", plain[16:20])[0]
    if plain[end:] != appid.encode():
        raise BadCipher("appid in the ciphertext is not ours")
    return plain[20:end]


def _unpad(padded: bytes) -> bytes:
    fill = padded[-1]
    if not 1 <= fill <= BLOCK or padded[-fill:] != bytes([fill]) * fill:
        raise BadCipher("padding is wrong")
    return padded[:-fill]


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    key = base64.b64decode(aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
