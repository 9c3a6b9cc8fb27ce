"""`python app.py finetune` and `encode`, in this process and as a process that is interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
import warm
from serving import ROOT, clean_environ, run_app

from plugins.triplet_finetuning import command
from plugins.triplet_finetuning.export import result
from plugins.triplet_finetuning.settings import Settings
from registry import Limits, Task, TaskContext
from tests.shared.faces import made, real
from weights.errors import ParagoneError

GLOBS = (real.DLIB, "*.in1k")
FOUR = real.face_files(dict.fromkeys(real.WHO, ("plain", "pale")))
QUICK = ("--identities", "4", "--pictures", "4", "--warm-up", "2")


def context() -> TaskContext:
    task = Task("triplet-finetuning", "Triplet fine-tuning", "x:y", backbones=GLOBS)
    return TaskContext(task, Limits(), real.weights(), None)


@pytest.fixture
def finetune(tmp_path) -> Callable[..., int]:
    def run(*arguments: object) -> int:
        return command.finetune(
            context(), [*map(str, arguments), "--out", str(tmp_path / "out"), *QUICK]
        )

    return run


def test_digits_become_a_result_that_can_be_loaded(finetune, tmp_path, capsys):
    assert finetune("digits", "--steps", 6, "--every", 3, "--no-augment") == 0
    made_of = result.load(tmp_path / "out")
    assert made_of.settings == Settings(
        steps=6, every=3, augment=False, identities=4, pictures=4, warm_up=2
    )
    assert [row.step for row in made_of.curve] == list(range(7))
    said = capsys.readouterr().out
    assert "1264 pictures of 7 identities to train on, 533 of 3 others to test on." in said
    assert [line.split(":")[0] for line in said.splitlines() if line.startswith("step")] == [
        f"step {number} of 6" for number in (0, 3, 6)
    ]


def test_a_face_network_refuses_digits(finetune):
    with pytest.raises(ParagoneError, match="made for faces"):
        finetune("digits", "--backbone", real.DLIB)


def test_bad_input_is_refused_before_the_work(finetune, tmp_path, monkeypatch):
    with pytest.raises(ParagoneError, match="shows 2 identities"):
        finetune(made.folder(tmp_path / "two", FOUR))
    with pytest.raises(ParagoneError, match="margin"):
        finetune("digits", "--margin", -1)
    with pytest.raises(ParagoneError, match="unheard_of"):
        finetune("digits", "--backbone", "unheard_of.tag")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ParagoneError, match="cannot be written"):
        command.finetune(context(), ["digits", "--out", str(tmp_path / "file" / "below")])
    with pytest.raises(SystemExit):
        finetune("digits", "--workers", "0")


@pytest.mark.parametrize("verb", ["finetune", "encode"])
def test_without_ray_workers_say_what_to_install(tmp_path, verb):
    (tmp_path / "ray.py").write_text("raise ImportError('No module named ray')")
    folder = made.folder(tmp_path / "set", FOUR)
    gallery = ["--gallery", str(tmp_path / "g.sqlite")] if verb == "encode" else []
    environ = {"PYTHONPATH": str(tmp_path)}
    done = run_app(environ, verb, str(folder), *gallery, "--workers", "2")
    assert done.returncode == 2
    assert "pip install -r requirements-ray.txt" in done.stderr.splitlines()[-1]


@pytest.mark.slow
def test_ctrl_c_leaves_the_best_weights_so_far(tmp_path):
    out, log = tmp_path / "out", tmp_path / "log"
    line = ["finetune", "digits", "--steps", "100000", "--every", "5", "--out", str(out), *QUICK]
    with log.open("w") as file:
        process = warm.Popen(
            [sys.executable, "app.py", *line],
            cwd=ROOT,
            env=clean_environ({"OMP_NUM_THREADS": "1"}),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    deadline = time.monotonic() + 300
    while "step 5 of" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(300) == 130, log.read_text()
    kept = result.load(out)
    assert 5 <= len(kept.curve) - 1 < 100_000 and kept.best_step <= len(kept.curve)
    assert "Traceback" not in log.read_text()
