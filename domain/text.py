"""Text values shared by the whole domain: bilingual titles and strings that are safe to store."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints


class Frozen(BaseModel):
    """Base of every domain value: immutable, and a field nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def storable(text: str) -> str:
    """Return `text` unchanged, or raise ValueError when PostgreSQL could not store it.

    A NUL cannot be kept in JSONB, and a lone surrogate is not UTF-8.
    """
    if "\x00" in text:
        raise ValueError("contains a NUL character; remove it")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("contains half of a surrogate pair; remove the broken character") from None
    return text


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(storable)]
"""One line of text somebody typed."""

Prose = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), AfterValidator(storable)
]
"""A paragraph somebody typed: a reason, a comment."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
"""An identifier chosen by the author of a programme."""

StaffNo = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,39}$")]
"""The number an office knows somebody by (工号)."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""The name of something stored: its digest in hexadecimal."""


class Text(Frozen):
    """A title in Chinese and English."""

    zh: Line
    en: Line
