"""Download a file from a public address for an assistant, with a bound on bytes and on seconds."""

from __future__ import annotations

import asyncio
import ipaddress
import math
import re
import secrets
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import httpx
import safehttpx

SECONDS = 60.0
"""For the whole file."""
REDIRECTS = 5
TODO = "Give a public address, or the file itself as a data: URI."


def check_address(name: str, address: str) -> None:
    """Refuse what is plainly an address of this machine or its network. A name is looked up when
    it is fetched, and checked again then.

    Raises:
        ValueError: It is one; the text is meant for the caller.
    """
    host = urlsplit(address).hostname or ""
    try:
        near = not ipaddress.ip_address(host).is_global
    except ValueError:
        near = host == "localhost" or "." not in host
    if near:
        raise ValueError(f"Nothing is fetched from this machine or its network ({name}). {TODO}")


def fetch(address: str, folder: str, most: float = math.inf) -> Path:
    """Download a file into a new folder of its own.

    Args:
        folder: Where the new folder is made.
        most: Bytes that the file may have.

    Raises:
        ValueError: It cannot be had, is too large or takes too long; the text is for the caller.
    """
    name = unquote(Path(urlsplit(address).path).name)
    target = Path(folder) / secrets.token_hex(16) / (re.sub(r"[^\w.-]", "_", name)[-100:] or "file")
    try:
        content = asyncio.run(asyncio.wait_for(_content(address, most), SECONDS))
    except (asyncio.TimeoutError, TimeoutError):
        raise ValueError(f"The file was not there within {SECONDS:.0f} seconds. {TODO}") from None
    except httpx.HTTPError as error:
        kind = type(error).__name__
        raise ValueError(f"The file could not be fetched ({kind}). {TODO}") from None
    target.parent.mkdir(parents=True)
    target.write_bytes(content)
    return target


async def _content(address: str, most: float) -> bytes:
    for _ in range(REDIRECTS + 1):
        check_address("redirection", address)
        # The name is resolved once, checked, and the connection made to that very address.
        resolved = await safehttpx.async_validate_url(urlsplit(address).hostname)
        transport = safehttpx.AsyncSecureTransport(resolved)
        async with (
            httpx.AsyncClient(transport=transport) as client,
            client.stream("GET", address, follow_redirects=False) as answer,
        ):
            if answer.has_redirect_location:
                address = urljoin(address, answer.headers["location"])
                continue
            if answer.status_code != 200:
                raise ValueError(f"The address answered {answer.status_code}. {TODO}")
            content = bytearray()
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > most:
                    raise ValueError(f"The file has more than {most:.0f} bytes. {TODO}")
            return bytes(content)
    raise ValueError(f"The address leads on and on. {TODO}")
