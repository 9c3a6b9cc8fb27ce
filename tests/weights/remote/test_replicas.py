"""Networks in other processes: what stands where the network would, and the real thing."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from gradio_client import Client, handle_file
from local_ray import needs_ray
from serving import Server, run_app

from plugins.shared.faces.encode import encode
from tests.shared.faces import made, real
from weights import Weights
from weights.errors import UnknownWeights, WeightsError
from weights.remote.cluster import ClusterError, connected, settings_of
from weights.remote.replicas import Networks, RemoteWeights, admit


class Handle:
    """Answers as a deployment's handle does, from a replica in this process."""

    def __init__(self, name: str = "one"):
        self.replica = Networks.__new__(Networks)
        self.replica._weights, self.replica._name = real.weights(), name
        self.asked: list[str] = []

    def __getattr__(self, method: str):
        def remote(*arguments):
            self.asked.append(method)
            return SimpleNamespace(
                result=lambda timeout_s: getattr(self.replica, method)(*arguments)
            )

        return SimpleNamespace(remote=remote)


@pytest.fixture
def chips() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (3, 150, 150, 3), np.uint8)


def test_a_replica_answers_as_the_network_itself(chips):
    handle = Handle()
    weights = RemoteWeights(handle, Weights(device="cpu", offline=True))
    remote, local = weights.backbone(real.DLIB), real.backbone()
    assert (remote.card, remote.origin) == (local.card, local.origin)
    np.testing.assert_array_equal(encode(remote, chips), encode(local, chips))
    weights.backbone(real.DLIB)
    assert handle.asked == ["describe", "run"] and weights.answered == {"one": 1}
    assert weights.card(real.DLIB) == local.card and weights.offline


def test_other_weights_in_a_replica_are_refused(chips):
    handle = Handle()
    weights = RemoteWeights(handle, Weights(device="cpu", offline=True))
    backbone = weights.backbone(real.DLIB)
    backbone.module._sha256 = "f" * 64
    with pytest.raises(WeightsError, match="A replica runs other weights"):
        encode(backbone, chips)


def test_what_a_visitor_trained_runs_where_the_page_is(chips):
    import torch

    handle = Handle()
    local = Weights(device="cpu", offline=True)
    weights = RemoteWeights(handle, local)
    trained = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
    card = weights.adopt(real.backbone().card, trained, real.backbone().transform, "a" * 64)
    assert weights.backbone(card.name).module is trained and handle.asked == []
    assert weights.release(card.name)


def test_a_plug_ins_own_card_is_admitted_once():
    weights = Weights(device="cpu", offline=True)
    card = replace(real.backbone().card, name="dlib_resnet.of_a_plug_in")
    with pytest.raises(UnknownWeights):
        weights.card(card.name)
    admit(weights, card)
    admit(weights, card)
    assert weights.card(card.name) == card


def test_only_our_settings_and_the_hubs_go_elsewhere():
    environ = {"PARAGONE_DEVICE": "cpu", "HF_HOME": "x", "PATH": "/bin", "AWS_SECRET": "s"}
    assert settings_of(environ) == {"PARAGONE_DEVICE": "cpu", "HF_HOME": "x"}


def test_without_ray_the_option_says_what_to_install(tmp_path):
    (tmp_path / "ray.py").write_text("raise ImportError('No module named ray')")
    done = run_app({"PYTHONPATH": str(tmp_path)}, "--replicas", "2")
    assert done.returncode == 2 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert "pip install -r requirements-ray.txt" in line


@pytest.mark.parametrize(
    ("options", "says"),
    [(["--replicas", "0"], "not a number from 1"), (["--replicas", "2", "--share"], "--share")],
)
def test_what_makes_no_sense_is_refused(options, says):
    done = run_app({}, *options)
    assert done.returncode == 2 and says in done.stderr


@pytest.mark.ray
@needs_ray
def test_a_cluster_that_does_not_answer_is_said_in_one_line(monkeypatch):
    import ray

    def fail(**options):
        tried.append(options["address"])
        raise ConnectionError("Could not connect")

    tried: list[str] = []
    monkeypatch.setenv("RAY_ADDRESS", "192.0.2.1:6379")
    monkeypatch.setattr(ray, "init", fail)
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with pytest.raises(
        ClusterError, match=r"^192\.0\.2\.1:6379: .*tried 2 times: Could not connect\."
    ):
        with connected(2):
            raise AssertionError("It is not connected")
    assert tried == ["192.0.2.1:6379"] * 2


@pytest.mark.ray
@pytest.mark.slow
@needs_ray
def test_the_page_answers_from_two_replicas(tmp_path):
    files = []
    for who in real.WHO:
        files.append(tmp_path / f"{who}.png")
        files[-1].write_bytes(made.encoded(real.portrait(who)))
    answers: list[dict] = []

    def compare() -> None:
        answer = Client(server.url, verbose=False).predict(
            picture_a=handle_file(str(files[0])),
            picture_b=handle_file(str(files[1])),
            model=real.DLIB,
            metric="euclidean",
            threshold=0.6,
            api_name="/face_verification",
        )
        answers.append(answer)

    patient = {"RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "300"}  # Ray restarts it after five.
    server = Server({"OMP_NUM_THREADS": "1", **patient}, "--replicas", "2", timeout=300)
    try:
        assert json.loads(server.get("replicas")) == {}
        for _ in range(10):
            threads = [threading.Thread(target=compare) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            counts = json.loads(server.get("replicas"))
            if len(counts) == 2:
                break
        assert len(counts) == 2 and sum(counts.values()) == len(answers) >= 4
        encodings = [real.encoding(f"{who}_cropped") for who in real.WHO]
        wanted = float(np.linalg.norm(encodings[0] - encodings[1]))
        for answer in answers:
            assert answer["distance"] == pytest.approx(wanted, abs=1e-4)
            assert answer["verdict"] == "different people"
        # The options of a launch hold for the mounted page.
        page = server.get("face-verification")
        assert "Paragone" in page and "paragone-header" in server.get("config") + page
        config = json.loads(server.get("config"))
        assert config["max_file_size"] == 256 * 2**20 and "paragone" in config["css"]
        assert "Face verification" in server.get("?page=face-verification")
    finally:
        code = server.stop(90)  # Ray ends its processes first, which takes long on a busy machine.
    assert code == 0 and "Traceback" not in server.log
