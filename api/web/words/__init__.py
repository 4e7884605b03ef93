"""What pages say, in Chinese and English, one module for each area. Keys: `web.<area>.<name>`.

`domain.messages` says what the domain says (refusals, notices, commands, statuses); a page asks for either by key.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping

from domain.messages import Message


def _gathered() -> dict[str, Message]:
    found: dict[str, Message] = {}
    for module in pkgutil.iter_modules(__path__):
        words: Mapping[str, Message] = importlib.import_module(f"{__name__}.{module.name}").WORDS
        doubled = found.keys() & words.keys()
        if doubled:
            raise ValueError(f"words given twice: {', '.join(sorted(doubled))}")
        found.update(words)
    return found


WEB: Mapping[str, Message] = _gathered()
"""Every sentence of every page, by key."""
