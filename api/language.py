"""The language a caller asks for."""

from __future__ import annotations

from fastapi import Request

from domain.messages import Lang

COOKIE = "lang"
"""Remembers a switch of the language, before and after a session."""


def language(request: Request) -> Lang:
    """The caller's language: the one switched to; else English when it is asked for before Chinese; else Chinese."""
    match request.cookies.get(COOKIE):
        case "zh":
            return "zh"
        case "en":
            return "en"
    for part in request.headers.get("accept-language", "").lower().split(","):
        if part.strip().startswith("zh"):
            return "zh"
        if part.strip().startswith("en"):
            return "en"
    return "zh"
