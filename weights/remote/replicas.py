"""Networks that run in other processes: N replicas on Ray Serve, behind the door of `Weights`."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from weights.backbone import Backbone
from weights.backbones import Weights
from weights.errors import ParagoneError, UnknownWeights, WeightsError
from weights.remote.cluster import check_room, load

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from weights.catalog import Card
    from weights.store import Origin

DEPLOYMENT = "networks"
SECONDS = 300
"""Longest wait for an answer: a replica may have to fetch its weights first."""


class Networks:
    """One replica: loads networks by name and runs them.

    Args:
        environ: Variables that hold here as in the process that serves the page.
    """

    def __init__(self, environ: Mapping[str, str]):
        os.environ.update(environ)
        self._weights = Weights()
        self._name = load("ray.serve").get_replica_context().replica_id.unique_id

    def describe(self, card: Card) -> tuple[Card, Origin]:
        """The card and the origin of the network that really runs under a card's name."""
        backbone = self._backbone(card)
        return backbone.card, backbone.origin

    def run(self, card: Card, sha256: str, batch: np.ndarray) -> tuple[str, np.ndarray]:
        """Run a network on an input batch.

        Args:
            sha256: Digest of the file that the answer must come from.

        Returns:
            The replica's name, and the answer.

        Raises:
            WeightsError: Another file runs here, such as a stand-in where the Hub was not reached.
        """
        import torch

        backbone = self._backbone(card)
        if backbone.origin.sha256 != sha256:
            what = f"A replica runs other weights: {backbone.origin.sentence}"
            raise WeightsError(what, where=card.name, todo="Try again in a minute.")
        with torch.inference_mode():
            tensor = torch.from_numpy(batch.copy()).to(self._weights.device)
            answer = backbone.module(tensor.contiguous(memory_format=torch.channels_last))
        return self._name, answer.float().cpu().numpy()

    def _backbone(self, card: Card) -> Backbone:
        admit(self._weights, card)
        return self._weights.backbone(card.name)


def admit(weights: Weights, card: Card) -> None:
    """Make a card known that a plug-in registered in another process."""
    try:
        weights.card(card.name)
    except UnknownWeights:
        weights.register(**asdict(card))


class RemoteModule:
    """Stands where a network would: sends a batch to a replica and gives its answer."""

    def __init__(self, ask: Any, card: Card, sha256: str):
        self._ask, self._card, self._sha256 = ask, card, sha256

    def __call__(self, batch: Tensor) -> Tensor:
        """(N, 3, H, W) to what the network gives."""
        import torch

        array = batch.detach().cpu().contiguous().numpy()
        return torch.from_numpy(self._ask("run", self._card, self._sha256, array).copy())


class RemoteWeights:
    """`Weights` whose networks run in the replicas. Everything else is the local `Weights`: cards,
    files, and what a visitor trained.

    Args:
        handle: Of the deployment.
        weights: The local ones.

    Attributes:
        answered: How many batches each replica has answered, by its name.
    """

    def __init__(self, handle: Any, weights: Weights | None = None):
        self._handle, self._local = handle, weights or Weights()
        self._backbones: dict[str, Backbone] = {}
        self._lock = threading.Lock()
        self.answered: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._local, name)

    def backbone(self, name: str) -> Backbone:
        """The network of a name, run by the replicas.

        Raises:
            WeightsError: The subclass says what is wrong.
        """
        card = self._local.card(name)
        if card.scheme == "session":  # It lies in this process's memory.
            return self._local.backbone(name)
        with self._lock:
            known = self._backbones.get(card.name)
        if known and not known.origin.why:  # What stands in does so for a minute only.
            return known
        from weights.transform import Transform

        running, origin = self._ask("describe", card)
        module = RemoteModule(self._ask, card, origin.sha256)
        transform = Transform(running.input_size[1:], running.mean, running.std, "cpu")
        backbone = Backbone(module, transform, running, origin)
        with self._lock:
            self._backbones[card.name] = backbone
        return backbone

    def _ask(self, method: str, *arguments: Any) -> Any:
        """Call a method of whichever replica is free."""
        try:
            answer = getattr(self._handle, method).remote(*arguments).result(timeout_s=SECONDS)
        except ParagoneError as error:
            raise getattr(error, "cause", error) from None  # Ray's own wrapping of our error.
        except TimeoutError as error:
            what = f"No replica has answered for {SECONDS} seconds"
            raise WeightsError(what, where=arguments[0].name, todo="Try again later.") from error
        if method != "run":
            return answer
        replica, answer = answer
        with self._lock:
            self.answered[replica] += 1
        return answer


def networks(ray: Any, count: int, environ: Mapping[str, str]) -> Any:
    """The deployment of this many replicas, for `serve.run`.

    Raises:
        ClusterError: The cluster is too small.
    """
    check_room(ray, count)
    share = 0.0  # Of a GPU, for each replica: hundredths.
    if environ.get("PARAGONE_DEVICE") != "cpu":
        share = min(1.0, int(100 * ray.cluster_resources().get("GPU", 0) / count) / 100)
    deployment = load("ray.serve").deployment(
        Networks,
        name=DEPLOYMENT,
        num_replicas=count,
        max_ongoing_requests=2,
        health_check_timeout_s=SECONDS,  # A replica that fetches weights answers nothing else.
        ray_actor_options={"num_cpus": 1, "num_gpus": share},
    )
    return deployment.bind(dict(environ))
