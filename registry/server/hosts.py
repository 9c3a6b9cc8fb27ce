"""A server of this machine alone answers to names of this machine alone.

A page elsewhere can let its own name lead to 127.0.0.1 and then read what a local server answers
(DNS rebinding). So where the server is bound to loopback, other names are refused, unless
PARAGONE_ALLOWED_HOSTS lists them, as it must behind a proxy on this machine.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse, Response

from registry.server.middleware import Middleware

VARIABLE = "PARAGONE_ALLOWED_HOSTS"
REFUSED = (
    "This server is bound to this machine only and does not answer to that name. "
    f"Whoever runs it can add the name to {VARIABLE}.\n"
)
MISDIRECTED = 421


def is_loopback(name: str) -> bool:
    """Whether a host name is one of this machine alone."""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def name_in(host: str) -> str:
    """The name in a Host header or an origin, without port and brackets; empty where none is."""
    try:
        found = urlsplit(host if "://" in host else f"//{host}").hostname or ""
    except ValueError:
        return ""
    return found.rstrip(".")


class HostRule:
    """Which names a page answers to.

    Args:
        page: Its `server_name` is the address that it is bound to; None until it is launched.
        environ: Where further names are read, with commas between them; `*` is any name.
    """

    def __init__(self, page: Any, environ: Mapping[str, str]):
        self._page = page
        self._more = {name_in(n) or n for n in re.split(r"[\s,]+", environ.get(VARIABLE, "")) if n}

    def admits(self, host: str) -> bool:
        """Whether the page answers to a Host header."""
        bound = getattr(self._page, "server_name", None)
        if bound is None or not is_loopback(bound) or self._page.share:  # gradio's tunnel.
            return True
        return is_loopback(name_in(host)) or bool(self._more & {"*", name_in(host)})

    def admits_origin(self, host: str, origin: str) -> bool:
        """Whether a page of an origin may read what is answered to a Host header."""
        if not self.admits(host):
            return False
        return not is_loopback(name_in(host)) or is_loopback(name_in(origin))


class Hosts(Middleware):
    """ASGI middleware that answers 421 to a request with the name of another host."""

    def __init__(self, app: Any, rule: HostRule):
        super().__init__(app)
        self._rule = rule

    async def answer(self, scope: Any) -> Response | None:
        """The refusal."""
        hosts = [v.decode("latin-1") for k, v in scope["headers"] if k == b"host"] or [""]
        admitted = all(map(self._rule.admits, hosts))
        return None if admitted else PlainTextResponse(REFUSED, MISDIRECTED)
