"""The tasks as tools of AI assistants (the Model Context Protocol), behind a switch.

gradio makes a tool of every endpoint; its name is the handler's `__name__`. Mended
here: gradio calls the endpoints of all assistants in one session, so that one would see what
another has enrolled; results arrive in Python's notation, several outputs as one text; and of a
description in several lines only the first is described.
"""

from __future__ import annotations

import asyncio
import json
import math
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder
from gradio_client import Client
from gradio_client.utils import is_file_obj_with_meta, is_http_url_like
from starlette.concurrency import run_in_threadpool

from registry.docstrings import read_docstring
from registry.limits import SettingError
from registry.server.fetch import check_address, fetch
from registry.server.file_values import refuse_foreign_files
from registry.server.gradio_patches import keep_tools_private
from registry.server.guard import GuardedBlocks
from registry.server.temp_folder import delete

GLANCE = 0.5
"""Seconds between two looks whether an assistant is still connected."""
SWITCH = "PARAGONE_MCP"
ADDRESS = "gradio_api/mcp/"
FILES = "Give a file as an http or https URL, or as a data: URI."
VISIT = {
    "download_files": False,
    "verbose": False,
    "analytics_enabled": False,
    "ssl_verify": False,
    "_skip_components": False,
    "headers": {"x-gradio-user": "mcp"},
}
"""How gradio's own server of tools opens its client."""


def invite_assistants(page: GuardedBlocks, environ: Mapping[str, str]) -> GuardedBlocks:
    """Let the page be launched with tools, where the environment says so.

    Raises:
        SettingError: The switch is neither 0 nor 1; the package is missing; or there is a login,
            which the list of tools would not ask for.
    """
    switch = environ.get(SWITCH, "").strip()
    if switch in ("", "0"):
        page.launch_defaults["mcp_server"] = False
        return page
    if switch != "1":
        raise SettingError(f"{SWITCH} is {switch!r}; give 1, or 0 for no tools.")
    if find_spec("mcp") is None:
        todo = "pip install -r requirements-mcp.txt, or leave out --mcp."
        raise SettingError(f"The tools for assistants need the package mcp: {todo}")
    if page.launch_defaults.get("auth"):
        todo = "the list of tools asks for no login. Choose one of the two."
        raise SettingError(f"{SWITCH} and PARAGONE_AUTH do not go together: {todo}")
    keep_tools_private(Tools)
    page.launch_defaults["mcp_server"] = True
    return page


class Tools:
    """What is mended of gradio's server of tools; it stands before that class."""

    def warn_about_state_inputs(self) -> None:
        """A state that begins anew with each call is what is wanted here."""

    def get_fn_description(self, block_fn: Any, tool_name: str) -> tuple[str, dict[str, str]]:
        """What the docstring says, whole, and how a file is given."""
        described = read_docstring(block_fn.fn)
        takes_files = self.get_input_schema(tool_name)[1]
        parts = (
            described.summary,
            FILES * bool(takes_files),
            described.returns and f"Returns: {described.returns}",
        )
        return " ".join(part for part in parts if part), described.parameters

    def simplify_filedata_schema(self, schema: dict[str, Any]) -> tuple[dict[str, Any], list]:
        """A file is a text; what gradio's own object for it would need is left out."""
        simple, places = super().simplify_filedata_schema(schema)
        for name, *deeper in places:
            if not deeper:
                for word in ("required", "title"):
                    simple["properties"][name].pop(word, None)
        return simple, places

    def convert_strings_to_filedata(self, value: Any, filedata_positions: list) -> Any:
        """Make file values of addresses and data: URIs. Nothing else may name a file: gradio's
        client, which runs in this process, would read it and upload it.

        Raises:
            ForeignFile: A value names a file of this machine.
            ValueError: An address on this machine or in its network.
        """
        refuse_foreign_files(value)
        for field, _ in _files_in(value):
            raise ValueError(f"{field} is an object, not a text. {FILES}")
        converted = super().convert_strings_to_filedata(value, filedata_positions)
        sources = set()
        for field, file in _files_in(converted):
            if is_http_url_like(file["path"]):
                check_address(field, file["path"])
            else:  # gradio names the folder after the content, which two arguments may share.
                source = Path(file["path"])
                target = Path(get_upload_folder()) / secrets.token_hex(16) / source.name
                target.parent.mkdir(parents=True)
                file["path"] = shutil.copyfile(source, target).as_posix()
                sources.add(source)
        for source in sources:
            delete(source)
        return converted

    def postprocess_output_data(self, data: Any, root_url: str) -> list[Any]:
        """Results that are no file or picture become JSON."""
        return super().postprocess_output_data([_as_json(value) for value in data], root_url)

    async def _execute_tool_without_progress(self, job: Any) -> list[Any]:
        async with self._watched(job):
            (result,) = await super()._execute_tool_without_progress(job)
        return list(result) if isinstance(result, tuple) else [result]  # One for each output.

    async def _execute_tool_with_progress(self, job: Any, token: str | int) -> list[Any]:
        async with self._watched(job):
            return await super()._execute_tool_with_progress(job, token)

    @asynccontextmanager
    async def _watched(self, job: Any) -> AsyncIterator[None]:
        """Cancel the job when the assistant's connection is lost; nothing else would."""
        request = self.mcp_server.request_context.request

        async def watch() -> None:
            while not await request.is_disconnected():
                await asyncio.sleep(GLANCE)
            # It asks this very server, so not from the server's loop.
            await run_in_threadpool(job.cancel)

        watching = asyncio.create_task(watch())
        try:
            yield
        finally:
            watching.cancel()

    def _get_or_create_client(self) -> Client:
        return _OneCall(super()._get_or_create_client())


class _OneCall(Client):
    """A client for one call: a session of its own, which ends with the call."""

    def __init__(self, first: Client):
        self._first = first
        super().__init__(first.src, **VISIT)
        for endpoint in self.endpoints.values():
            endpoint._upload_file = partial(self._upload, endpoint._upload_file)

    def _upload(self, plain: Callable[..., dict], file: dict[str, Any], data_index: int) -> dict:
        """Bring a file to the server; what was fetched or decoded for that is deleted."""
        path = Path(file["path"])
        if is_http_url_like(file["path"]):
            most = self.config.get("max_file_size") or math.inf
            path = fetch(file["path"], get_upload_folder(), most)
        try:
            return plain({**file, "path": str(path)}, data_index)
        finally:
            delete(path)

    def _get_config(self) -> dict:
        return self._first.config

    def _get_api_info(self) -> dict:
        return self._first._info

    def submit(self, *args: Any, **kwargs: Any) -> Any:
        """Call, and end the session when the call has."""
        job = super().submit(*args, **kwargs)
        job.future.add_done_callback(lambda _: self.close())
        return job


def _files_in(value: Any, field: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every file value in the arguments of a tool, with the argument's name."""
    if is_file_obj_with_meta(value):
        yield field, value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _files_in(each, field or name)
    elif isinstance(value, list):
        for each in value:
            yield from _files_in(each, field)


def _as_json(value: Any) -> Any:
    is_file = is_file_obj_with_meta(value) or (isinstance(value, dict) and "url" in value)
    if is_file or not isinstance(value, (dict, list)):
        return value
    return json.dumps(value, ensure_ascii=False)
