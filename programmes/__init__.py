"""The rulebooks that ship with the product."""

from importlib.resources import files
from pathlib import Path

_SUFFIX = ".yaml"


def names() -> tuple[str, ...]:
    """Return the names of the rulebooks, in order."""
    return tuple(
        sorted(one.name.removesuffix(_SUFFIX) for one in files(__name__).iterdir() if one.name.endswith(_SUFFIX))
    )


def path(name: str) -> Path:
    """Return the rulebook's file; LookupError, listing the names, if there is none."""
    if name not in names():
        raise LookupError(f"no rulebook {name!r} ships with Termledger; there are {', '.join(names())}")
    return Path(str(files(__name__) / f"{name}{_SUFFIX}"))


def text(name: str) -> str:
    """Return the rulebook's YAML; LookupError, listing the names, if there is none."""
    return path(name).read_text(encoding="utf-8")
