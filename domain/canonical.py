"""Canonical bytes and digests (RFC 8785, FIPS 180-4 SHA-256, GB/T 32905-2016 SM3)."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

import rfc8785
from cryptography.hazmat.primitives import hashes

HashName = Literal["sha256", "sm3"]

ZERO: bytes = bytes(32)
"""The previous digest of a stream's first event."""


_LARGEST = 2**53 - 1
"""The largest integer that RFC 8785 takes (ECMAScript's safe integers)."""

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False)
"""The standard library's encoder, in C: for plain values its bytes are RFC 8785's, six times as fast."""


def canonical(value: Any) -> bytes:
    """Return the RFC 8785 form of a JSON value. Numbers must be integers: the ledger stores no floats.

    Raises rfc8785.CanonicalizationError (a ValueError) for what has no such form.
    """
    if _is_plain(value):
        return _ENCODER.encode(value).encode()
    return rfc8785.dumps(value)


def _is_plain(value: Any) -> bool:
    """Whether the two encoders agree: no floats, no large integers, and keys that sort alike in UTF-8 and UTF-16."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return True
    if kind is int:
        return bool(-_LARGEST <= value <= _LARGEST)
    if kind is dict:
        return all(type(key) is str and key.isascii() and _is_plain(one) for key, one in value.items())
    return kind is list and all(map(_is_plain, value))


def digest(name: HashName, *parts: bytes) -> bytes:
    """Return the 32-byte digest of the parts one after another."""
    if name == "sha256":
        return hashlib.sha256(b"".join(parts)).digest()
    sm3 = hashes.Hash(hashes.SM3())
    for part in parts:
        sm3.update(part)
    return sm3.finalize()


def content_digest(content: Any) -> str:
    """Return the hexadecimal SHA-256 that names a document's content in the content store."""
    return digest("sha256", canonical(content)).hex()
