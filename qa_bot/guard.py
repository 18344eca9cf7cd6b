"""What the server refuses before anything looks at a request, and what it forbids the browser."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import TypeAlias

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CLOSED = (
    "/gradio_api/file",
    "/gradio_api/proxy",
    "/gradio_api/stream",
    "/gradio_api/deep_link",
    "/gradio_api/vibe",
    "/monitoring",
)
"""Parts of Gradio that would serve cached files or fetch from elsewhere; the page needs none."""

SAFE = ("GET", "HEAD", "OPTIONS", None)
"""Methods that change nothing; a websocket has none."""

WORKING = ("/api/", "/search/", "/source/")
"""Addresses whose answers cost work or hold documents: no other site may ask for them, even by GET."""

STRANGE = (b"cross-site", b"same-site")
"""Where a browser says a request comes from when it is not the page itself."""

POLICY = "; ".join(
    (
        "default-src 'self'",
        # Gradio's page has scripts of its own in it and makes functions from templates
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""Nothing is loaded from, or sent to, any other host, whatever a document holds."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_Headers: TypeAlias = dict[bytes, bytes]


class Guard:
    """An ASGI layer; see the module."""

    def __init__(self, app: ASGIApp, *, local: bool) -> None:
        """Take the application; ``local`` answers to this machine's own names alone."""
        self._app = app
        self._local = local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers: _Headers = dict(scope["headers"])
        if self._local and not is_loopback(host_name(headers.get(b"host", b"").decode("latin-1"))):
            refused = PlainTextResponse("this server answers to localhost alone\n", 421)
            await refused(scope, receive, send)
            return
        changes_or_works = scope.get("method") not in SAFE or scope["path"].startswith(WORKING)
        if changes_or_works and headers.get(b"sec-fetch-site") in STRANGE:
            await PlainTextResponse("not from another site\n", 403)(scope, receive, send)
            return
        if scope["path"].startswith(CLOSED):
            await PlainTextResponse("not found\n", 404)(scope, receive, send)
            return

        open_ended = False

        async def guarded(message: Message) -> None:
            nonlocal open_ended
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            open_ended = bool(message.get("more_body", message["type"] == "http.response.start"))
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        except asyncio.CancelledError:
            # the server is ending while a page still listens: its stream is closed in order
            if open_ended:
                await send({"type": "http.response.body", "body": b"", "more_body": False})


def is_loopback(host: str) -> bool:
    """Return whether a host name or address means this machine."""
    if host.lower() in ("localhost",):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_name(header: str) -> str:
    """Return the name in a ``Host`` header, without port and brackets."""
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.rpartition(":")[0] or header if header.count(":") == 1 else header
