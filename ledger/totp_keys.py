"""The keys that second factors are sealed with. They stand in a file of their own, never in the database.

A secret is sealed with AES-256-GCM. Tenant and person are bound to it, so that what is copied to another account does
not open there. The file holds one key a line: the first seals, all of them open. It is read at each use, which is
seldom, so that a new key needs no restart.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.ids import PersonId, TenantId

_FORM = "1"
"""What a sealed secret begins with; the database takes nothing else."""
_SEALED = re.compile(rf"{_FORM}\.([0-9a-f]{{8}})\.([A-Za-z0-9_=-]+)")
_KEY_BYTES = 32
_NONCE_BYTES = 12


class Why(StrEnum):
    """Why no key can be had."""

    UNSET = "unset"
    """No file is named."""
    UNREADABLE = "unreadable"
    UNFIT = "unfit"
    """The file holds something that is no key, or nothing."""


class KeysUnusable(Exception):
    """No key can be had, so no second factor can be set up or checked."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


class NotOpened(Exception):
    """A sealed secret opens with none of the keys: one is missing from the file, or the secret is another account's."""


@dataclass(frozen=True, slots=True, repr=False)
class _Key:
    id: str
    cipher: AESGCM


def draw_key() -> str:
    """Draw a key, as a line of the file."""
    return base64.urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def key_of(sealed: str) -> str:
    """The id of the key that a secret was sealed with; empty for what is not sealed."""
    match = _SEALED.fullmatch(sealed)
    return "" if match is None else match[1]


class TotpKeys:
    """Seals and opens secrets with the keys of a file."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def ids(self) -> tuple[str, ...]:
        """The ids of the keys, the one that seals first. Raises `KeysUnusable`."""
        return tuple(one.id for one in self._keys())

    def seal(self, tenant: TenantId, person: PersonId, secret: str) -> str:
        """Return a secret as it may be stored, for this account alone. Raises `KeysUnusable`."""
        key, nonce = self._keys()[0], secrets.token_bytes(_NONCE_BYTES)
        closed = nonce + key.cipher.encrypt(nonce, secret.encode(), _bound(tenant, person))
        return f"{_FORM}.{key.id}.{base64.urlsafe_b64encode(closed).decode()}"

    def unseal(self, tenant: TenantId, person: PersonId, sealed: str) -> str:
        """Return the secret of an account. Raises `KeysUnusable` and `NotOpened`."""
        keys = {one.id: one for one in self._keys()}
        match = _SEALED.fullmatch(sealed)
        key = None if match is None else keys.get(match[1])
        if match is None or key is None:
            raise NotOpened
        try:
            closed = base64.b64decode(match[2], altchars=b"-_", validate=True)
            nonce, rest = closed[:_NONCE_BYTES], closed[_NONCE_BYTES:]
            return key.cipher.decrypt(nonce, rest, _bound(tenant, person)).decode()
        except (InvalidTag, ValueError):
            raise NotOpened from None

    def _keys(self) -> list[_Key]:
        if self._file is None:
            raise KeysUnusable(Why.UNSET)
        try:
            lines = self._file.read_text("ascii").split()
        except OSError:
            raise KeysUnusable(Why.UNREADABLE) from None
        except UnicodeDecodeError:
            raise KeysUnusable(Why.UNFIT) from None
        keys = [_key(line) for line in lines]
        if not keys:
            raise KeysUnusable(Why.UNFIT)
        return keys


def _key(line: str) -> _Key:
    try:
        key = base64.b64decode(line, altchars=b"-_", validate=True)
    except binascii.Error:
        raise KeysUnusable(Why.UNFIT) from None
    if len(key) != _KEY_BYTES:
        raise KeysUnusable(Why.UNFIT)
    return _Key(hashlib.sha256(b"termledger key id\x00" + key).hexdigest()[:8], AESGCM(key))


def _bound(tenant: TenantId, person: PersonId) -> bytes:
    return "\x1f".join(("termledger totp", tenant, person)).encode()
