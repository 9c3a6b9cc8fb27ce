"""What is known about a task, and what became of a plug-in: data only."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from packaging.requirements import InvalidRequirement, Requirement

from registry.card_picture import CardPicture
from registry.texts import ERROR, NAME, SUMMARY, TITLE, TODO, clean

API_VERSION = 1
"""The version of the contract that this host speaks."""

State = Literal["ready", "blocked", "incompatible", "failed"]
Stage = Literal["", "load", "register", "validate", "build", "run"]
STAGE_WORDS = {
    "": "",
    "load": "while it was loaded",
    "register": "while it registered",
    "validate": "while its task was checked",
    "build": "while its page was built",
    "run": "while it ran",
}

# Page addresses that gradio answers itself, and those that we do.
RESERVED = {"config", "static", "assets", "login", "logout", "svelte", "monitoring"}
RESERVED |= {"replicas", "plugins"}
# Commands of the host's own; no task may bring one of these.
HOST_COMMANDS = ("plugins", "serve", "new", "check", "check-space", "deploy", "help")
KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_IMPORT_STRING = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


CLEANED = dict.fromkeys(("title", "icon"), TITLE)
CLEANED |= dict.fromkeys(("summary", "lesson", "picture_alt"), SUMMARY)
"""Texts for people, and the most characters that are kept of each."""


class TaskError(ValueError):
    """A plug-in offered a task that cannot be taken; the text names the field and the fix."""


class Incompatible(TaskError):
    """The task is sound, but not for this host or not for what is installed here.

    Args:
        what: One line.
        todo: What the person who runs the house can do.
    """

    def __init__(self, what: str, todo: str):
        super().__init__(what)
        self.todo = todo


@dataclass(frozen=True)
class Task:
    """One page of the house.

    Attributes:
        name: Unique, lower case, joined by hyphens: `face-verification`. It is the page's address.
        title: The page's heading; of more than 80 characters the rest is cut off.
        build: Import string `package.module:function`; the function takes a `TaskContext`.
        summary: One sentence for the front page; of more than 240 characters the rest is cut off.
        order: Pages sort by (order, name).
        lesson: What a visitor will understand, in one sentence for the front page, where it stands
            instead of the summary; of more than 240 characters the rest is cut off.
        icon: One or two characters for the card of a task without a picture; the title's first
            letter when empty.
        picture: For the front page; a plug-in offers it as bytes or as a path beside its module.
        picture_alt: What the picture shows, for those who do not see it.
        backbones: Globs of the weights that the task can use.
        requires: PEP 508 requirements. They are checked and never installed.
        api_version: The version of this contract that the plug-in was written for.
        commands: What the task adds to the command line: a verb in kebab-case -> an import string
            of a function that takes a `TaskContext` and a list of arguments and returns an exit
            code.
    """

    name: str
    title: str
    build: str
    summary: str = ""
    lesson: str = ""
    order: int = 100
    icon: str = ""
    picture: CardPicture | None = None
    picture_alt: str = ""
    backbones: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    api_version: str = "1"
    commands: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        for name in ("name", "title", "build", "api_version", *CLEANED):
            _check(isinstance(getattr(self, name), str), name, "must be text", self)
        for name, most in CLEANED.items():
            object.__setattr__(self, name, clean(getattr(self, name), most))
        long = len(self.name) > NAME
        _check(not long, "name", f"must have at most {NAME} characters", self)
        _check(KEBAB.fullmatch(self.name), "name", "must look like face-verification", self)
        _check(self.name not in RESERVED, "name", "is an address that gradio needs itself", self)
        _check(self.title.strip(), "title", "must not be empty", self)
        _check(_IMPORT_STRING.fullmatch(self.build), "build", "must be package.module:name", self)
        number = isinstance(self.order, int) and not isinstance(self.order, bool)
        _check(number, "order", "must be a whole number", self)
        _check(len(self.icon) <= 8, "icon", "must be one or two characters", self)
        _check(self.api_version.isdecimal(), "api_version", 'must be a number such as "1"', self)
        for name in ("backbones", "requires"):
            value = getattr(self, name)
            sound = isinstance(value, (tuple, list)) and all(isinstance(v, str) for v in value)
            _check(sound, name, "must be a tuple of texts", self)
            object.__setattr__(self, name, tuple(clean(text, ERROR) for text in value))
        self._check_commands()
        for requirement in self.requires:
            try:
                Requirement(requirement)
            except InvalidRequirement:
                _check(False, "requires", f"has {requirement!r}, which is not PEP 508", self)

    @property
    def endpoint(self) -> str:
        """The `api_name` of the main event; secondary ones start with it and an underscore."""
        return self.name.replace("-", "_")

    def resolve(self) -> Callable[[Any], None]:
        """Import the build function.

        Raises:
            Exception: Whatever the plug-in's own module raises while it is imported.
            TaskError: The module has no such attribute, or it cannot be called.
        """
        return self._imported(self.build, "build")

    def resolve_command(self, verb: str) -> Callable[[Any, list[str]], int]:
        """Import a command's function; raises as `resolve` does."""
        return self._imported(self.commands[verb], "commands")

    def _imported(self, text: str, field: str) -> Callable[..., Any]:
        module, _, path = text.partition(":")
        target: Any = importlib.import_module(module)
        for part in path.split("."):
            _check(hasattr(target, part), field, f"has no {part!r} in {module}", self)
            target = getattr(target, part)
        _check(callable(target), field, "is not a function", self)
        return target

    def _check_commands(self) -> None:
        _check(isinstance(self.commands, Mapping), "commands", "must map verbs to functions", self)
        for verb, target in self.commands.items():
            sound = isinstance(verb, str) and KEBAB.fullmatch(verb)
            _check(sound, "commands", f"has {verb!r}, which must look like enrol", self)
            own = verb in HOST_COMMANDS
            _check(not own, "commands", f"has {verb!r}, which is the host's own", self)
            sound = isinstance(target, str) and _IMPORT_STRING.fullmatch(target)
            _check(sound, "commands", f"has {target!r}, which must be package.module:name", self)
        object.__setattr__(self, "commands", dict(self.commands))


@dataclass(frozen=True)
class PluginRecord:
    """What became of a plug-in, or of one task that was turned away.

    Attributes:
        name: The plug-in's own name: entry point, module, or file.
        distribution: The installed package that holds it, the folder, or "built in".
        version: The package's version, or "" where there is none.
        found: How it was found.
        licence: As its package or module states it; "" where none does.
        description: One sentence; the same.
        state: `ready`, or why it is not.
        stage: Where it stopped; "" when ready or blocked.
        error: One line.
        todo: What the person who runs the house can do about it.
        tasks: The tasks that this record speaks of, sorted.
        backbones: Names of the backbones that it registered.
        changes: What it changed for the whole process while it was loaded or built, each a sentence
            without its full stop. It was put back where that is not said otherwise.
    """

    name: str
    distribution: str
    version: str
    found: str
    state: State
    stage: Stage = ""
    error: str = ""
    todo: str = ""
    tasks: tuple[Task, ...] = ()
    backbones: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    licence: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        # Most of it comes from metadata, names of files and errors, and all of it goes to a page.
        bounds = dict.fromkeys(("name", "distribution", "version", "found", "licence"), NAME)
        bounds |= {"error": ERROR, "todo": TODO, "description": SUMMARY}
        for name, most in bounds.items():
            object.__setattr__(self, name, clean(getattr(self, name), most))
        for name in ("backbones", "changes"):
            cleaned = tuple(clean(text, ERROR) for text in getattr(self, name))
            object.__setattr__(self, name, cleaned)


def one_line(error: BaseException) -> str:
    """The error as one line of at most 240 characters, with its kind unless it is one of ours."""
    text = clean(error, ERROR)
    if not isinstance(error, TaskError):
        kind = clean(type(error).__name__, NAME)
        text = f"{kind}: {text}" if text else kind
    return clean(text, ERROR)


def _check(truth: object, field: str, problem: str, task: Task) -> None:
    if not truth:
        raise TaskError(f"Task {task.name!r}: field {field!r} {problem}")
