"""Signals end the process, in time; what a plug-in raises does not."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
from gradio_client import Client
from serving import FIXTURES, ROOT, clean_environ, run_app

from registry import load_plugins, stopping

STOPPING = str(FIXTURES / "stopping")
MOST = 10.0
"""Seconds that a stop may take."""


@pytest.mark.parametrize("name", ["sigterm_at_import", "sigterm_at_build", "sigterm_swallowed"])
def test_sigterm_ends_a_command_while_a_plug_in_is_loaded(tmp_path, name):
    environ = {"PARAGONE_PLUGIN_DIRS": STOPPING, "PARAGONE_PLUGINS": name, "TMPDIR": str(tmp_path)}
    done = run_app(environ, "plugins")
    assert (done.returncode, done.stdout) == (128 + signal.SIGTERM, "")
    assert "stopped at stage" not in done.stderr, "no plug-in is blamed"
    assert list(tmp_path.glob("paragone-*")) == []


def test_sigterm_ends_a_start_with_success_and_ctrl_c_too(tmp_path):
    for name in ("sigterm_at_import", "sigint_at_import"):
        environ = {"PARAGONE_PLUGIN_DIRS": STOPPING, "PARAGONE_PLUGINS": name}
        done = run_app({**environ, "TMPDIR": str(tmp_path)}, fresh=True)
        assert done.returncode == 0 and "serves" not in done.stdout
        assert list(tmp_path.glob("paragone-*")) == []


@pytest.mark.parametrize(("name", "stage"), [("kbd", "load"), ("kbd_build", "build")])
def test_a_keyboard_interrupt_that_a_plug_in_raises_is_its_own_error(name, stage):
    environ = {"PARAGONE_PLUGIN_DIRS": STOPPING, "PARAGONE_PLUGINS": name}
    done = run_app(environ, "plugins")
    assert done.returncode == 0
    (line,) = (line for line in done.stdout.splitlines() if line.startswith(f"{name} "))
    assert f" failed   {stage}" in line and "KeyboardInterrupt: raised by a plug-in" in line


def test_what_swallows_a_stop_does_not_keep_the_loader(monkeypatch):
    """A plug-in may catch the exception; the loader asks once more afterwards."""
    monkeypatch.setattr(stopping, "_asked", [signal.SIGTERM])
    with pytest.raises(stopping.Stopped) as stop:
        load_plugins({"PARAGONE_PLUGIN_DIRS": STOPPING, "PARAGONE_PLUGINS": "stuck"})
    assert stop.value.exit_code == 143


def wait_until(truth, seconds=300):
    end = time.monotonic() + seconds
    while not truth():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


STUCK = ("stuck", "stuck_asleep", "stuck_coroutine", "stuck_worker")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_stops_in_time_whatever_its_handlers_do(serve, tmp_path, number):
    environ = {"PARAGONE_PLUGIN_DIRS": STOPPING, "PARAGONE_PLUGINS": "stuck"}
    server = serve({**environ, "TMPDIR": str(tmp_path), "PARAGONE_STUCK": str(tmp_path)})
    client = Client(server.url, verbose=False)
    jobs = [client.submit("word", api_name=f"/{name}") for name in STUCK]
    wait_until(lambda: len(list(tmp_path.glob("begun-*"))) == len(jobs))
    begun = time.monotonic()
    server.process.send_signal(number)
    assert server.process.wait(300) == 0
    assert time.monotonic() - begun < MOST
    assert list(tmp_path.glob("paragone-*")) == []


def test_a_second_signal_ends_the_process_at_once(serve, tmp_path):
    environ = {"PARAGONE_PLUGIN_DIRS": STOPPING, "PARAGONE_PLUGINS": "stuck"}
    server = serve({**environ, "TMPDIR": str(tmp_path), "PARAGONE_STUCK": str(tmp_path)})
    Client(server.url, verbose=False).submit("word", api_name="/stuck_worker")
    wait_until(lambda: list(tmp_path.glob("begun-*")))
    server.process.terminate()
    wait_until(lambda: "Stopped." in server.log)
    begun = time.monotonic()
    server.process.terminate()
    assert server.process.wait(300) == 0
    assert time.monotonic() - begun < MOST and "cut off" not in server.log
    assert list(tmp_path.glob("paragone-*")) == []


@pytest.mark.slow
def test_a_long_call_in_c_is_cut_off():
    """The main thread never comes back to Python, so no handler of a signal runs in it."""
    code = (
        "import ctypes, signal\nfrom registry import stopping\n"
        "stopping.GRACE = 1.0\nstopping.heed_signals(False)\n"
        "stopping.at_end(lambda: print('tidied', flush=True))\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])  # Another thread gets it.\n"
        # The call itself says that it has begun: before it, Python would answer.
        "ctypes.CDLL(None).system(b'echo begun; exec sleep 8 >&- 2>&-')\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=clean_environ({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "begun\n"
    process.terminate()
    out, err = process.communicate(timeout=300)
    assert process.returncode == 143 and out == "tidied\n" and "was cut off" in err
