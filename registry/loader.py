"""From names to records: gate every plug-in, import it, ask it, check what it offers."""

from __future__ import annotations

import difflib
import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pluggy

from registry import hooks
from registry.containment import contained
from registry.discovery import BUILT_IN, Found, canonical, find_plugins, told_by
from registry.offer import folder_of, make_task
from registry.stopping import Stopped, check_stop
from registry.task import (
    STAGE_WORDS,
    Incompatible,
    PluginRecord,
    Stage,
    Task,
    TaskError,
    one_line,
)

log = logging.getLogger("paragone.registry")

MEND = "Mend it, or name it in PARAGONE_DISABLE, and restart. The log has the whole report."


class DuplicateTask(TaskError):
    """Another plug-in has the task's name, or one of its commands, already."""


class NotAPlugin(TaskError):
    """What was found holds none of our hooks, or holds them wrongly."""


def load_plugins(
    environ: Mapping[str, str] = os.environ,
    defaults: Sequence[str] = (),
    register_backbone: Callable[..., Any] = lambda **fields: None,
) -> tuple[PluginRecord, ...]:
    """Load every plug-in that may be loaded. One that fails becomes a record, not an exception.

    Args:
        environ: Where the PARAGONE_ variables are read.
        defaults: Modules of our own plug-ins.
        register_backbone: What `register_backbones` of a plug-in calls in the end.

    Returns:
        One record for each plug-in, and one more for each of its offers that was turned away.

    Raises:
        BaseException: With PARAGONE_STRICT=1, the first error of a plug-in, as it is.
    """
    return _Loading(environ, defaults, register_backbone).run()


def ready_tasks(records: Sequence[PluginRecord]) -> list[tuple[Task, PluginRecord]]:
    """Each task that may have a page, with its plug-in's record, in the order of the pages."""
    pairs = [(task, r) for r in records if r.state == "ready" for task in r.tasks]
    return sorted(pairs, key=lambda pair: (pair[0].order, pair[0].name))


def is_strict(environ: Mapping[str, str]) -> bool:
    """Whether the errors of plug-ins are to be raised, as authors want them."""
    return environ.get("PARAGONE_STRICT", "") == "1"


def changed(record: PluginRecord, changes: Sequence[str]) -> PluginRecord:
    """The record of a plug-in that changed something for all; the log says so too."""
    for change in changes:
        log.warning("Plug-in %s: %s", record.name, change)
    return replace(record, changes=(*record.changes, *changes))


def blame(record: PluginRecord, stage: Stage, error: BaseException) -> PluginRecord:
    """The record of a plug-in that stopped at a stage. The traceback goes to the log."""
    # An error of ours says all in its one line; of any other the way to it is wanted too.
    trace = None if isinstance(error, TaskError) else error
    line = one_line(error)
    log.error("Plug-in %s stopped at stage %s: %s", record.name, stage, line, exc_info=trace)
    state, todo = "failed", MEND
    if isinstance(error, Incompatible):
        state, todo = "incompatible", error.todo
    elif isinstance(error, DuplicateTask):
        todo = "Name one of the two plug-ins in PARAGONE_DISABLE, and restart."
    return replace(record, state=state, stage=stage, error=line, todo=todo)


class _Loading:
    """One run of the loader: the records so far, by plug-in, and the offers turned away."""

    def __init__(self, environ, defaults, register_backbone):
        self.environ = environ
        self.register_backbone = register_backbone
        found, self.turned_away = find_plugins(environ, defaults)
        self.found: dict[str, Found] = {each.key: each for each in found}
        self.records = {each.key: each.record for each in found}
        self.owners: dict[str, str] = {}
        self.verbs: dict[str, str] = {}

    def run(self) -> tuple[PluginRecord, ...]:
        manager = pluggy.PluginManager(hooks.PROJECT)
        manager.add_hookspecs(hooks)
        loaded = [(each, self.attempt(each.key, "load", each.load)) for each in self.gate()]
        # pluggy asks the one registered last first. Registered in this order, ours answer before
        # all others, and within each kind the first found before the later ones.
        loaded = sorted(reversed(loaded), key=lambda pair: pair[0].record.found == BUILT_IN)
        for each, plugin in loaded:
            if plugin is not None:
                self.attempt(
                    each.key, "register", lambda e=each, p=plugin: self.enter(manager, e, p)
                )
        self.ask(manager.hook.register_backbones, self.backbone_registrar)
        self.ask(manager.hook.register_tasks, self.task_registrar)
        return tuple(self.settled())

    def enter(self, manager: pluggy.PluginManager, found: Found, plugin: Any) -> None:
        """Register a plug-in with pluggy, and note what its module says of itself."""
        record = self.records[found.key]
        self.records[found.key] = replace(record, **told_by(plugin, record))
        _enter(manager, found, plugin)

    def gate(self) -> Iterator[Found]:
        """Let through what the environment allows. Nothing has been imported yet."""
        only = self.names_in("PARAGONE_PLUGINS")
        barred = self.names_in("PARAGONE_DISABLE") or set()
        for each in self.found.values():
            if each.aliases & barred:
                reason = "PARAGONE_DISABLE names it"
            elif only is not None and not each.aliases & only:
                reason = "PARAGONE_PLUGINS does not name it"
            else:
                yield each
                continue
            self.records[each.key] = replace(
                each.record,
                state="blocked",
                error=f"Not loaded: {reason}",
                todo="Nothing, if that was meant. Else change the variable and restart.",
            )

    def names_in(self, variable: str) -> set[str] | None:
        """The names that a variable lists; None where it is not set. Unknown names are recorded."""
        if variable not in self.environ:
            return None
        listed = [name.strip() for name in self.environ[variable].split(",") if name.strip()]
        known = {alias for each in self.found.values() for alias in each.aliases}
        for name in listed:
            if canonical(name) not in known:
                log.error("%s names %r, which is not here", variable, name)
                near = difflib.get_close_matches(canonical(name), sorted(known), n=3)
                todo = f"Nearest: {', '.join(near)}." if near else "See: python app.py plugins."
                error = f"{variable} names it, but no such plug-in was found"
                self.turned_away.append(
                    PluginRecord(name, "not found", "", variable, "failed", "load", error, todo)
                )
        return {canonical(name) for name in listed}

    def attempt(self, key: str, stage: Stage, work: Callable[[], Any]) -> Any:
        """Do one step for one plug-in. When it fails, blame the plug-in and return None. What it
        changed for all is put back, and noted.
        """
        result, raised = None, None
        try:
            with contained(STAGE_WORDS[stage]) as changes:
                result = work()
        except Stopped:
            raise
        except BaseException as error:  # A plug-in may well call sys.exit() while it is imported.
            raised = error
        check_stop()
        if changes:
            self.records[key] = changed(self.records[key], changes)
        if raised is not None:
            self.turn_away(key, stage, raised)
        return result

    def turn_away(self, key: str, stage: Stage, error: BaseException) -> None:
        if is_strict(self.environ):
            raise error
        record = replace(self.records[key], tasks=(), backbones=())
        self.turned_away.append(blame(record, stage, error))

    def ask(self, hook: Any, registrar: Callable[[pluggy.HookImpl], Callable[..., None]]) -> None:
        # One by one: a call of the whole hook would stop at the first one that raises.
        for each in reversed(hook.get_hookimpls()):
            arguments = [registrar(each) for _ in each.argnames]
            self.attempt(each.plugin_name, "register", lambda e=each, a=arguments: e.function(*a))

    def backbone_registrar(self, hook: pluggy.HookImpl) -> Callable[..., None]:
        key = hook.plugin_name

        def register(**fields: Any) -> None:
            self.register_backbone(**fields)
            record = self.records[key]
            self.records[key] = replace(record, backbones=(*record.backbones, fields["name"]))

        return register

    def task_registrar(self, hook: pluggy.HookImpl) -> Callable[..., None]:
        key, folder = hook.plugin_name, folder_of(hook.function)

        def register(**offer: Any) -> None:
            # A task that is turned away must not keep the plug-in from offering the next one.
            try:
                self.accept(key, make_task(self.at_home(key, offer), folder))
            except TaskError as error:
                self.turn_away(key, "validate", error)

        return register

    def accept(self, key: str, task: Task) -> None:
        record = self.records[key]
        if task.name in self.owners:
            owner = self.owners[task.name]
            raise DuplicateTask(f"Task {task.name!r} is offered by {owner} already")
        if taken := [verb for verb in task.commands if verb in self.verbs]:
            owner = self.verbs[taken[0]]
            what = f"its command {taken[0]!r} is brought by {owner} already"
            raise DuplicateTask(f"Task {task.name!r}: {what}")
        self.owners[task.name] = f"{record.name} ({record.distribution})"
        self.verbs |= dict.fromkeys(task.commands, f"task {task.name!r}")
        self.records[key] = replace(record, tasks=(*record.tasks, task))

    def at_home(self, key: str, offer: dict[str, Any]) -> dict[str, Any]:
        """A module from a folder has a private name; its import strings may say its own."""
        private, own = self.found[key].module, self.found[key].own

        def renamed(text: Any) -> Any:
            if isinstance(text, str) and re.match(rf"{re.escape(own)}[.:]", text):
                return private + text[len(own) :]
            return text

        if not private:
            return offer
        homed = {"build": renamed(offer["build"])} if "build" in offer else {}
        if isinstance(commands := offer.get("commands"), Mapping):
            homed["commands"] = {verb: renamed(text) for verb, text in commands.items()}
        return {**offer, **homed}

    def settled(self) -> Iterator[PluginRecord]:
        """What was accepted, then what was turned away. One left with nothing is not ready."""
        spoken_for = {(r.name, r.distribution, r.found) for r in self.turned_away}
        for key, record in self.records.items():
            if record.state != "ready" or record.tasks or record.backbones:
                yield record
            elif (record.name, record.distribution, record.found) not in spoken_for:
                self.turn_away(key, "register", NotAPlugin("It registered no task and no backbone"))
        yield from self.turned_away


def _enter(manager: pluggy.PluginManager, found: Found, plugin: Any) -> None:
    """Register with pluggy, which checks the arguments of each hook."""
    manager.register(plugin, name=found.key)
    callers = manager.get_hookcallers(plugin) or []
    if unknown := sorted(caller.name for caller in callers if not caller.has_spec()):
        manager.unregister(plugin)
        known = ", ".join(name for name in vars(hooks) if name.startswith("register_"))
        raise NotAPlugin(f"There is no hook {unknown[0]!r}; the hooks are {known}")
    for caller in callers:
        mine = [i for i in caller.get_hookimpls() if i.plugin is plugin]
        if any(i.wrapper or i.hookwrapper for i in mine):
            manager.unregister(plugin)
            raise NotAPlugin("A hook may not be a wrapper: each implementation is called by itself")
