"""One root, one page a task: opening pages, and containing a build that fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import gradio as gr
from gradio.context import Context, set_render_context
from gradio.events import EventListenerMethod
from gradio.routes import ORJSONResponse

from registry.containment import contained
from registry.context import TaskContext
from registry.loader import blame, changed, ready_tasks
from registry.pages import cards, directory
from registry.pages.endpoints import named_endpoints
from registry.server.guard import GuardedBlocks
from registry.stopping import Stopped, check_stop
from registry.task import STAGE_WORDS, PluginRecord, Task, TaskError
from registry.texts import NAME, clean

FAILED_STEP = "A step failed since the start. The full report is in the server's log."


def build_pages(
    root: GuardedBlocks,
    records: Sequence[PluginRecord],
    context: Callable[[Task], TaskContext],
    strict: bool = False,
) -> tuple[PluginRecord, ...]:
    """Fill the open root with a page for each ready task, the list of plug-ins, and the front page.

    Args:
        root: The Blocks that the caller has opened.
        records: What the loader found.
        context: Makes the context of one task.
        strict: Raise the first error of a build instead of drawing a card for it.

    Returns:
        The records, with the tasks whose build failed moved to records of their own.
    """
    pairs = ready_tasks(records)
    tasks = [task for task, _ in pairs]
    failed: dict[str, PluginRecord] = {}
    changes: dict[str, tuple[str, ...]] = {}
    for task, record in pairs:
        with _page(root, task.name, task.title):
            gr.HTML(cards.task_header(task), padding=False, js_on_load=cards.NAME_TAB)
            with gr.Column(elem_classes="paragone-body") as body:
                with contained(STAGE_WORDS["build"]) as made:
                    error = _contain(root, body, lambda t=task: _fill(root, t, tasks, context(t)))
                record = changed(record, made)
                changes[task.name] = tuple(made)
                if error is not None:
                    if strict:
                        raise error
                    failed[task.name] = replace(blame(record, "build", error), tasks=(task,))
                    gr.HTML(cards.record_card(failed[task.name]), padding=False)
            gr.HTML(cards.FOOTER, padding=False)
    settled = _settle(records, failed, changes)
    with _page(root, directory.ADDRESS, directory.TITLE):
        directory.fill(settled)
    _front_page(root, settled)
    return settled


def _front_page(root: GuardedBlocks, records: Sequence[PluginRecord]) -> None:
    pairs = ready_tasks(records)

    def failed_steps() -> gr.HTML:
        """The tasks that stumbled while they ran, as of this visit."""
        failures = [
            replace(
                record, state="failed", stage="run", tasks=(task,), error=kind, todo=FAILED_STEP
            )
            for task, record in pairs
            if (kind := root.failed_steps.get(task.name))
        ]
        return gr.HTML(cards.record_list(failures), visible=bool(failures))

    root.pages[0] = ("", root.title, False)
    gr.HTML(cards.front(pairs), padding=False)
    stumbled = gr.HTML(visible=False, padding=False)
    root.load(failed_steps, None, stumbled, api_name=False, show_progress="hidden")
    if left := [record for record in records if record.state != "ready"]:
        gr.HTML(cards.record_list(left), padding=False)
    gr.HTML(directory.LINK, padding=False)
    gr.HTML(cards.FOOTER, padding=False)


@contextmanager
def _page(root: GuardedBlocks, path: str, title: str):
    """What `Blocks.route` sets, set on the open root. `route` itself rebuilds the server's app
    on each exit, 0.2 s a page; see the test of gradio's facts before lifting its version."""
    root.pages.append((path, title, False))
    root.current_page = path
    try:
        yield
    finally:
        root.current_page = ""


def _fill(root: GuardedBlocks, task: Task, tasks: Sequence[Task], ctx: TaskContext) -> None:
    """Run the plug-in's build; then do now, while it is guarded, what gradio does at the end."""
    config = root.default_config
    before, events = set(config.blocks), set(config.fns)
    here = _place(root)
    with named_endpoints(config, task, tasks):
        task.resolve()(ctx)
        if _place(root) != here:
            raise TaskError(
                f"Task {task.name!r}: build left a layout or page open, or closed one too many"
            )
        _attach_load_events(root, set(config.blocks) - before)
    for number in set(config.blocks) - before:
        block = config.blocks[number]
        _check_writable(config.config_for_block(number, [], block), block.get_block_name(), task)
    for number in set(config.fns) - events:
        event = config.fns[number]
        words = [getattr(event.fn, "__doc__", ""), getattr(event, "api_description", "")]
        _check_writable([event.get_config(), words], f"event {event.api_name!r}", task)


def _check_writable(described: Any, what: str, task: Task) -> None:
    """All pages are sent as one text of JSON, so what cannot be written would cost all of them."""
    try:
        ORJSONResponse(described)
    except Exception as error:
        reason = f"cannot be written as JSON: {clean(error, NAME)}"
        raise TaskError(f"Task {task.name!r}: its {what} {reason}") from error


def _place(root: GuardedBlocks) -> tuple[Any, ...]:
    """Where the next component would go."""
    return Context.root_block, Context.block, root.current_page, len(root.pages)


def _attach_load_events(root: GuardedBlocks, numbers: set[int]) -> None:
    """Give components with a callable value their load event on this page; gradio would put all
    of them on the front page, where they are not."""
    for number in sorted(numbers):
        component = root.blocks[number]
        pending = getattr(component, "load_event_to_attach", None)
        if not pending:
            continue
        fn, triggers, inputs = pending
        component.load_event_to_attach = None
        event, _ = root.default_config.set_event_trigger(
            [EventListenerMethod(*trigger) for trigger in [*triggers, (root, "load")]],
            fn,
            inputs,
            component,
            no_target=False,
            show_progress="hidden" if triggers else "full",
        )
        component.load_event = event.get_config()


def _contain(root: GuardedBlocks, body: gr.Column, work: Callable[[], Any]) -> BaseException | None:
    """Do the work. If it fails, take away all that it left and return the error.

    The root and the render context are put back in any case: a nested `gr.Blocks` that fails
    clears both, and every later plug-in would silently build into nothing.
    """
    config = root.default_config
    blocks, events = set(config.blocks), set(config.fns)
    lists = root.temp_file_sets, root.renderables, root.pages
    lengths, page = [len(each) for each in lists], root.current_page
    try:
        work()
        check_stop()
        return None
    except Stopped:
        raise
    except BaseException as error:
        check_stop()
        for left, known in ((config.blocks, blocks), (config.fns, events)):
            for number in [n for n in left if n not in known]:
                del left[number]
        for each, length in zip(lists, lengths, strict=True):
            del each[length:]
        body.children.clear()
        return error
    finally:
        Context.root_block, root.current_page = root, page
        set_render_context(body)


def _settle(
    records: Sequence[PluginRecord],
    failed: dict[str, PluginRecord],
    changes: dict[str, tuple[str, ...]],
) -> tuple[PluginRecord, ...]:
    settled = []
    for record in records:
        lost = [task for task in record.tasks if record.state == "ready" and task.name in failed]
        kept = tuple(task for task in record.tasks if task not in lost)
        if kept or record.backbones or not lost:
            made = [change for task in kept for change in changes.get(task.name, ())]
            settled.append(replace(record, tasks=kept, changes=(*record.changes, *made)))
        settled.extend(failed[task.name] for task in lost)
    return tuple(settled)
