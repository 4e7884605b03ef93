"""A browser without a screen: keeps cookies, reads forms as they stand in the page, and submits them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import httpx

VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})

Value = str | Sequence[str]


@dataclass
class Form:
    """A form as the page has it."""

    id: str
    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    """What would be sent if nothing was typed and no named button pressed."""
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, value and words of every button."""
    multipart: bool = False

    def __getitem__(self, name: str) -> str:
        """The value of a field."""
        return next(value for one, value in self.fields if one == name)

    def __contains__(self, name: object) -> bool:
        return any(one == name for one, _ in self.fields)


class _Reader(HTMLParser):
    """Collects what tests ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.title = ""
        self.words: list[str] = []
        self._open: Form | None = None
        self._holder: Form | None = None
        self._into: list[str] | None = None
        self._name = ""
        self._select: tuple[str, list[tuple[str, bool]]] | None = None
        self._button: tuple[str, str] | None = None
        self._href: str | None = None
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.append(given["id"])
        match tag:
            case "form":
                self._open = Form(
                    given.get("id", ""),
                    given.get("action", ""),
                    given.get("method", "get").lower(),
                    multipart=given.get("enctype") == "multipart/form-data",
                )
                self.forms.append(self._open)
            case "input" if (owner := self._owner(given)) is not None and "name" in given:
                kind = given.get("type", "text")
                if kind in ("submit", "image"):
                    owner.buttons.append((given["name"], given.get("value", ""), given.get("value", "")))
                elif kind not in ("checkbox", "radio", "file", "button") or "checked" in given:
                    owner.fields.append((given["name"], given.get("value", "on" if "checked" in given else "")))
            case "textarea":
                self._name, self._into, self._holder = given.get("name", ""), [], self._owner(given)
            case "select":
                self._select = (given.get("name", ""), [])
            case "option" if self._select is not None:
                self._select[1].append((given.get("value", ""), "selected" in given))
            case "button":
                self._button, self._into = (given.get("name", ""), given.get("value", "")), []
                self._holder = self._owner(given)
            case "a" if "href" in given:
                self._href, self._into = given["href"], []
            case "title":
                self._into = []
            case "script" | "style":
                self._silent += 1

    def _owner(self, given: Mapping[str, str]) -> Form | None:
        """The form that a field belongs to: the one it names, else the one around it."""
        if "form" not in given:
            return self._open
        return next((one for one in self.forms if one.id == given["form"]), None)

    def handle_endtag(self, tag: str) -> None:
        text = "".join(self._into) if self._into is not None else ""
        match tag:
            case "form":
                self._open = None
            case "textarea":
                if self._holder is not None and self._name:
                    self._holder.fields.append((self._name, text.removeprefix("\n")))
                self._into = None
            case "select" if self._select is not None:
                name, options = self._select
                chosen = [value for value, selected in options if selected] or [value for value, _ in options[:1]]
                if self._open is not None and name:
                    self._open.fields += [(name, value) for value in chosen]
                self._select = None
            case "button" if self._button is not None:
                if self._holder is not None:
                    self._holder.buttons.append((*self._button, " ".join(text.split())))
                self._button = self._into = None
            case "a" if self._href is not None:
                self.links.append((" ".join(text.split()), self._href))
                self._href = self._into = None
            case "title":
                self.title, self._into = " ".join(text.split()), None
            case "script" | "style":
                self._silent -= 1

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if self._into is not None:
            self._into.append(data)
        self.words.append(data)


class Page:
    """An answer, read as a page."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        reader = _Reader()
        reader.feed(answer.text)
        self.forms = reader.forms
        self.links = reader.links
        self.ids = reader.ids
        self.title = reader.title
        self.text = " ".join("".join(reader.words).split())
        """Everything a person could read, in one line."""

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def html(self) -> str:
        return self.answer.text

    @property
    def path(self) -> str:
        """Where the browser ended up: path and query."""
        parts = urlsplit(str(self.answer.url))
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def form(self, which: str = "") -> Form:
        """The form with this id, or with this action; without a name the only one besides the language switch."""
        if not which:
            (only,) = [one for one in self.forms if one.action != "/language"]
            return only
        for one in self.forms:
            if which in (one.id, one.action):
                return one
        raise AssertionError(f"no form {which} among {[(one.id, one.action) for one in self.forms]}:\n{self.text}")

    def link(self, words: str) -> str:
        """The address behind a link with these words in it."""
        for said, href in self.links:
            if words in said:
                return href
        raise AssertionError(f"no link {words} among {self.links}")

    def __contains__(self, words: object) -> bool:
        return str(words) in self.text


class Browser:
    """Somebody's browser."""

    def __init__(self, http: httpx.AsyncClient, origin: str) -> None:
        self.http = http
        self.origin = origin

    async def get(self, path: str, **headers: str) -> Page:
        """Open an address, following wherever it leads."""
        return Page(await self.http.get(path, headers=_named(headers)))

    async def open(self, page: Page, words: str) -> Page:
        """Follow a link with these words."""
        return await self.get(urljoin(str(page.answer.url), page.link(words)))

    async def submit(
        self,
        page: Page,
        form: str = "",
        fields: Mapping[str, Value] | None = None,
        *,
        button: str | None = None,
        files: Mapping[str, Any] | None = None,
        drop: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
        **typed: Value,
    ) -> Page:
        """Submit a form of a page as it stands, with what was typed.

        A field `post.role` is typed as `post__role`, or given in `fields`. `button` presses the button with these words
        or this value.
        """
        chosen = page.form(form)
        given = {**(fields or {}), **{name.replace("__", "."): value for name, value in typed.items()}}
        full = [(name, value) for name, value in chosen.fields if name not in given and name not in drop]
        for name, value in given.items():
            full += [(name, one) for one in ([value] if isinstance(value, str) else value)]
        if button is not None:
            name, pressed, _ = next(one for one in chosen.buttons if button in (one[2], one[1]))
            full.append((name, pressed))
        address = urljoin(str(page.answer.url), chosen.action)
        if chosen.method == "get":
            return await self.get(f"{address.partition('?')[0]}?{urlencode(full)}")
        sent: dict[str, list[str]] = {}
        for name, one in full:
            sent.setdefault(name, []).append(one)
        came = {"referer": str(page.answer.url), **(headers or {})}
        return await self.post(address, sent, files=files, **came)

    async def post(
        self, path: str, fields: Mapping[str, Value], *, files: Mapping[str, Any] | None = None, **headers: str
    ) -> Page:
        """Post fields as a page of the site would, following wherever it leads."""
        said = {"origin": self.origin, **_named(headers)}
        return Page(await self.http.post(path, data=dict(fields), files=files, headers=said))


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
