"""Canonical bytes and digests (RFC 8785, FIPS 180-4 SHA-256, GB/T 32905-2016 SM3)."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

import rfc8785
from cryptography.hazmat.primitives import hashes

HashName = Literal["sha256", "sm3"]

ZERO: bytes = bytes(32)
"""The previous digest of a stream's first event."""


def canonical(value: Any) -> bytes:
    """Return the RFC 8785 form of a JSON value. Numbers must be integers: the ledger stores no floats."""
    return rfc8785.dumps(value)


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
