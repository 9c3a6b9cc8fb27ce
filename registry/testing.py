"""The kit for the tests of a plug-in: pytest fixtures that give it a house to live in.

    plugin_host   the app with the plug-ins that you name, on a port of this machine
    client        calls a task's main event: `client("my-task")(picture=…)`
    sample        a file: `sample("picture")`, `face`, `signal`, `volume`, `zip`, `text`, `empty`
    stub_backbone the name of a tiny network that needs no download
    check_plugin  the judgement of `python app.py check`

A package's `conftest.py` puts Paragone's folder on `sys.path` and names this module in
`pytest_plugins`; `python app.py new` writes one that does.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client, handle_file

from registry.authoring.findings import Report
from registry.authoring.samples import write_sample
from registry.house import CALL_SECONDS
from registry.limits import SettingError
from registry.loader import ready_tasks
from registry.server.guard import GuardedBlocks

HOME = Path(__file__).resolve().parent.parent
# The kit puts the rooms together, as app.py does; so it names them as a task names its build.
APP, STUBS = "app", "weights.stub"


@dataclass(frozen=True)
class Host:
    """A running app.

    Attributes:
        page: Its Blocks; `page.records` says what became of each plug-in.
        url: Its address, with a slash at the end.
        weights: Where its tasks get their networks; packaged ones are real, all others stubs.
    """

    page: GuardedBlocks
    url: str
    weights: Any

    @property
    def tasks(self) -> dict[str, Any]:
        """The tasks that have a page, by name."""
        return {task.name: task for task, _ in ready_tasks(self.page.records)}


@dataclass(frozen=True)
class TaskClient:
    """Calls one task. Paths are sent as files."""

    endpoint: str
    api: Client

    def __call__(self, *, verb: str = "", **values: Any) -> Any:
        """Call the main event, or with `verb="delete"` the one named `<name>_delete`.

        Raises:
            gradio_client.exceptions.AppError: The task refuses; the text is the visitor's.
        """
        sent = {k: handle_file(str(v)) if isinstance(v, Path) else v for k, v in values.items()}
        return self.api.predict(**sent, api_name=f"/{self.endpoint}{verb and '_'}{verb}")


@pytest.fixture(scope="session")
def plugin_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Host]]:
    """Serve the app with the plug-ins of these names: `plugin_host("my-task")`. One for each set of
    names, until the session ends. Any error of a plug-in is raised here.
    """
    hosts: dict[tuple[str, ...], Host] = {}
    with pytest.MonkeyPatch.context() as patch:
        if not os.environ.get("GRADIO_TEMP_DIR"):
            patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("gradio")))
        app, stubs = importlib.import_module(APP), importlib.import_module(STUBS)

        def start(*names: str) -> Host:
            if names not in hosts:
                weights = stubs.StubWeights()
                environ = {"PARAGONE_PLUGINS": ",".join(names), "PARAGONE_STRICT": "1"}
                if folders := os.environ.get("PARAGONE_PLUGIN_DIRS"):
                    environ["PARAGONE_PLUGIN_DIRS"] = folders
                page = app.build_app(weights, environ)
                _check_found(page, names)
                page.launch(server_name="127.0.0.1", quiet=True, prevent_thread_lock=True)
                hosts[names] = Host(page, page.local_url, weights)
            return hosts[names]

        yield start
        for host in hosts.values():
            host.page.close(verbose=False)


@pytest.fixture
def client(plugin_host: Callable[..., Host], tmp_path: Path) -> Iterator[Callable[..., TaskClient]]:
    """A new visitor of a task: `client("my-task")`, with the plug-in of the same name; or
    `client("my-task", "plug-in")`.
    """
    opened: list[Client] = []

    def visit(task: str, plugin: str = "") -> TaskClient:
        host = plugin_host(plugin or task)
        if task not in host.tasks:
            known = ", ".join(host.tasks) or "none"
            raise SettingError(f"There is no task {task!r}; its plug-in has: {known}.")
        down = str(tmp_path / "down")
        opened.append(Client(host.url, verbose=False, download_files=down, analytics_enabled=False))
        return TaskClient(host.tasks[task].endpoint, opened[-1])

    yield visit
    for each in opened:
        each.close()


@pytest.fixture
def sample(tmp_path: Path) -> Callable[[str], Path]:
    """A sample file of a modality; see `registry.authoring.samples`."""
    return lambda modality: write_sample(modality, tmp_path / "samples")


@pytest.fixture(scope="session")
def stub_backbone() -> str:
    """The name of a tiny network; tasks that accept `*in1k` or `test_*` accept it."""
    return importlib.import_module(STUBS).STUB


@pytest.fixture(scope="session")
def check_plugin() -> Callable[..., Report]:
    """Judge a plug-in as `python app.py check` does, in a process of its own:
    `assert check_plugin("my-task", threshold=0.6).errors == []`. `seconds` is for one call.
    """

    def judge(name: str, seconds: float = CALL_SECONDS, **inputs: Any) -> Report:
        given = [f"--input={key}={value}" for key, value in inputs.items()]
        wait = f"--seconds={seconds}"
        command = [sys.executable, "app.py", "check", name, "--json", wait, *given]
        done = subprocess.run(command, cwd=HOME, capture_output=True, text=True)
        if not done.stdout.startswith("{"):
            pytest.fail(f"The check did not come to an end:\n{done.stderr}", pytrace=False)
        return Report.from_json(done.stdout)

    return judge


def _check_found(page: GuardedBlocks, names: tuple[str, ...]) -> None:
    missing = [r for r in page.records if r.distribution == "not found"]
    if missing:
        raise SettingError(f"There is no plug-in {missing[0].name!r}. {missing[0].todo}")
    for record in page.records:
        if record.state not in ("ready", "blocked"):
            raise SettingError(f"{record.name} is {record.state}: {record.error}. {record.todo}")
