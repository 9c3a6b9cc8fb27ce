"""The Blocks that hold every page, and let no plug-in's error past its own page."""

from __future__ import annotations

import asyncio
import copy
import html
import logging
import traceback
import weakref
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import gradio as gr
from gradio.exceptions import ComponentProcessingError
from gradio.routes import ORJSONResponse
from starlette.concurrency import run_in_threadpool

from registry.messages import say
from registry.server import wording
from registry.server.coroutines import Loop, is_asynchronous
from registry.server.direct import DirectCalls
from registry.server.file_values import ForeignFile, refuse_foreign_files
from registry.server.late_app import LateApp
from registry.server.uploads import Brought

log = logging.getLogger("paragone.guard")

PASSED_ON = (gr.Error, asyncio.CancelledError, GeneratorExit)
"""An error that is worded already, and the two by which a visitor's leaving ends a handler."""


class GuardedBlocks(LateApp):
    """Blocks whose handlers cannot stop the server and whose errors say something.

    Every call of a handler passes through three methods of gradio's, whichever kind of function
    it is (plain, generator, async, async generator) and wherever it was made (at the start, or
    later inside `gr.render`). They are guarded here, so no handler needs to be wrapped. Without
    this, one `sys.exit()` in a handler hangs the whole server, and so does anything else that is
    no `Exception`, such as the panic of a library written in Rust.

    Attributes:
        launch_defaults: Options of `launch` that hold unless the caller says otherwise.
        records: What became of each plug-in; anyone who builds the page sets it.
        failed_steps: For each page, the kind of the last error that nobody expected.
        brought: What visitors and callers have uploaded.
        late: What to do once the page is served, before anybody asks for it, such as loading what
            the first visitor would wait for; whoever fills a page may add to it.
        admit: Asked before heavy work begins, with the session's state; it raises to turn it away.
        words_asked: Which catalogue a request wants.
    """

    def __init__(self, *args: Any, launch_defaults: dict[str, Any] | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.launch_defaults = launch_defaults or {}
        self.records: tuple[Any, ...] = ()
        self.failed_steps: dict[str, str] = {}
        self.admit: Callable[[Any], None] = lambda state: None
        self.words_asked: wording.Asked = lambda page, cookies, headers: {}
        self.brought = Brought()
        self._direct = DirectCalls()
        self.late: list[Callable[[], None]] = []
        self._loops: dict[str, Loop] = {}

    def launch(self, *args: Any, **kwargs: Any):
        """Launch with the host's options, no matter who calls this."""
        return super().launch(*args, **{**self.launch_defaults, **kwargs})

    async def process_api(
        self, block_fn: Any, inputs: Any, state: Any = None, request: Any = None, **more: Any
    ):
        """Answer one call, in words that whoever made it can read."""
        event = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        with wording.worded(self.words_asked, event, request, _page_of(event)):
            return await super().process_api(event, inputs, state, request, **more)

    async def call_function(
        self,
        block_fn: Any,
        processed_input: list[Any],
        iterator: Any = None,
        requests: Any = None,
        event_id: str | None = None,
        event_data: Any = None,
        in_event_listener: bool = False,
        state: Any = None,
        oauth_token: Any = None,
    ):
        """Run a handler, or the next step of one; its error becomes a message for the visitor."""
        try:
            if iterator is None:
                refuse_foreign_files(getattr(event_data, "_data", None))
                if _is_heavy(block_fn):
                    self.admit(state)
            block_fn = self._apart(block_fn)
            passed_on = (event_id, event_data, in_event_listener, state, oauth_token)
            direct = iterator is None and event_id is None and _is_heavy(block_fn)
            async with self._direct.turn(block_fn, requests) if direct else nullcontext():
                return await super().call_function(
                    block_fn, processed_input, iterator, requests, *passed_on
                )
        except asyncio.CancelledError as error:
            if _is_cancelled():
                raise
            raise self._explain(block_fn, error) from None  # Else its caller would wait for good.
        except PASSED_ON:
            raise
        except BaseException as error:
            raise self._explain(block_fn, error) from None

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ):
        """Read what the visitor handed in; what cannot be read is named. A file that is no upload
        is not opened, whichever component would. The uploads of a refused call from code are
        deleted, since no handler will see them.
        """
        try:
            return await self._read(block_fn, inputs, state, explicit_call)
        except BaseException:
            if not explicit_call:
                await run_in_threadpool(self.brought.discard, inputs)
            raise

    async def _read(self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool):
        try:
            if not explicit_call:  # The call of a page as a function comes from this process.
                await run_in_threadpool(refuse_foreign_files, inputs)
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        except ForeignFile as error:
            raise self._explain(block_fn, error) from None
        except gr.Error as error:
            error.print_exception = False  # A component's own refusal, such as of a choice.
            raise
        except PASSED_ON:
            raise
        except ComponentProcessingError as error:
            raise _quiet(str(error)) from None
        except BaseException as error:
            title, kind = self._title(block_fn), type(error).__name__
            log.warning("%s refused an input\n%s", title, _without_values(error))
            title = html.escape(title, quote=False)
            raise _quiet(
                say("{title}: the input has the wrong form ({kind}).", title=title, kind=kind)
            ) from None

    async def postprocess_data(self, block_fn: Any, *args: Any, **kwargs: Any):
        """Prepare what a handler returned; a wrong result is the plug-in's error, not a puzzle."""
        try:
            result = wording.told(
                block_fn, await super().postprocess_data(block_fn, *args, **kwargs)
            )
            ORJSONResponse(result)  # What cannot be sent would break the visitor's connection off.
            return result
        except PASSED_ON:
            raise
        except BaseException as error:
            log.error("%s: wrong result\n%s", self._title(block_fn), _without_values(error))
            raise self._failure(block_fn, error.__cause__ or error) from None

    @staticmethod
    def _format_processing_error(
        block_fn: Any,
        index: int,
        block: Any,
        value: Any,
        is_input: bool,
        original_error: Exception,
    ) -> str:
        """What gradio says of a component that cannot read its value, in words for a visitor."""
        if for_people := getattr(original_error, "for_people", ""):
            return html.escape(str(for_people), quote=False)
        kind = type(original_error).__name__
        field = getattr(block, "label", None) or block.get_block_name()
        name = value.get("orig_name") if isinstance(value, dict) else None
        what = say("the file “{name}”", name=name) if name else "the value"
        text = say(
            "{field}: {what} could not be read ({kind}). Choose another one.",
            field=field,
            what=say(what),
            kind=kind,
        )
        return html.escape(text, quote=False)

    def _apart(self, block_fn: Any) -> Any:
        """The same event, its coroutine moved to the loop of its page."""
        if not is_asynchronous(block_fn.fn):
            return block_fn
        page = _page_of(block_fn)
        if page not in self._loops:
            self._loops[page] = Loop(f"coroutines of {page}")
            weakref.finalize(self, self._loops[page].stop)
        moved = copy.copy(block_fn)
        moved.fn = self._loops[page].apart(block_fn.fn)
        return moved

    def _title(self, block_fn: Any) -> str:
        return next(title for path, title, _ in self.pages if path == _page_of(block_fn))

    def _explain(self, block_fn: Any, error: BaseException) -> gr.Error:
        """The error for the visitor. An error that was not meant for one goes to the log."""
        title = self._title(block_fn)
        if for_people := getattr(error, "for_people", ""):
            log.info("%s refused a request (%s)", title, type(error).__name__)
            return _quiet(html.escape(str(for_people), quote=False))
        log.error("%s failed in a handler", title, exc_info=error)
        return self._failure(block_fn, error)

    def _failure(self, block_fn: Any, error: BaseException) -> gr.Error:
        kind = self.failed_steps[_page_of(block_fn)] = type(error).__name__
        title = html.escape(self._title(block_fn), quote=False)
        return _quiet(
            say(
                "{title} could not finish this step ({kind}). The full report is in "
                "the server's log.",
                title=title,
                kind=kind,
            )
        )


def _is_heavy(block_fn: Any) -> bool:
    """Whether it names a resource that it shares. gradio names the queue of any other event after
    the number of its function.
    """
    return not str(block_fn.concurrency_id).isdecimal()


def _is_cancelled() -> bool:
    """Whether the call itself is, and not something that a handler had waited for."""
    asked = getattr(asyncio.current_task(), "cancelling", None)
    return asked is None or asked() > 0  # Python 3.10 cannot tell.


def _page_of(block_fn: Any) -> str:
    # An event made inside gr.render does not know its page; what renders it does.
    return (block_fn.rendered_in or block_fn).page


def _quiet(message: str) -> gr.Error:
    """An error that gradio need not print: it is in the log already, or needs no report."""
    return gr.Error(message, print_exception=False)


def _without_values(error: BaseException) -> str:
    """The way to an error and its first line. gradio's further lines quote what was handed over."""
    trace = "".join(traceback.format_tb(error.__traceback__))
    first = next(iter(str(error).splitlines()), "")[:200]
    return f"{trace}{type(error).__name__}: {first}"
