"""What somebody wrote in a form, where the form itself cannot be shown again: it is handed back, to be copied."""

from __future__ import annotations

from starlette.datastructures import FormData

WRITTEN = frozenset(
    {"reason", "comment", "text", "note", "people", "mentions", "to", "until", "findings", "full_name", "evidence"}
)
"""Fields that somebody writes in, wherever in a form they stand."""


def written(form: FormData | None) -> str:
    """Return what somebody wrote in a form, to be handed back where the form itself cannot be shown again.

    Nothing where a secret may be among it. A document's own field may be called anything.
    """
    fields = [] if form is None else [one for one in form.multi_items() if isinstance(one[1], str)]
    if any("password" in name or "code" in name for name, _ in fields if not name.startswith("content.")):
        return ""
    own = [value for name, value in fields if name.startswith("content.") or WRITTEN & set(name.split("."))]
    return "\n\n".join(value.strip() for value in own if isinstance(value, str) and value.strip())
