"""A name becomes a loaded network: the one door through which the host and the plug-ins go."""

from __future__ import annotations

import copy
import difflib
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weights.backbone import Backbone
from weights.messages import say
from weights.session_networks import Adopted, is_adopted, new_name

from .catalog import CATALOG, SESSION, Card, make_card, read_catalog
from .errors import CatalogError, ParagoneError, UnknownWeights, WeightsError
from .hub import Hub
from .lru import LruBytes
from .settings import choose_device, mebibytes
from .store import Availability, Located, Origin, Store

if TYPE_CHECKING:
    import torch

CACHE_MB, TRAINED_MB = 2048, 1024


class Weights:
    """Everything that can be loaded by name.

    Args:
        device: "cpu" or "cuda". None: PARAGONE_DEVICE, or CUDA where there is one.
        offline: Whether the network is left alone. None: as HF_HUB_OFFLINE says.
        max_bytes: Bound on the loaded networks. None: PARAGONE_CACHE_MB (in MiB), or 2048 MiB.
            What visitors trained has a bound of its own, PARAGONE_TRAINED_MB, or 1024 MiB.
        hub: Another Hub or cache than the environment names.
        catalog: Another catalogue file.
    """

    error = ParagoneError
    """What a task raises for people; the host hands it on as `ctx.error`."""

    def __init__(
        self,
        device: str | None = None,
        offline: bool | None = None,
        max_bytes: int | None = None,
        *,
        hub: Hub | None = None,
        catalog: Path = CATALOG,
    ):
        self._wanted = device
        self._device = ""
        self._hub = hub or Hub(offline=offline)
        self._store = Store(self._hub, self.card)
        self._cards = read_catalog(catalog)
        self._lock = threading.Lock()
        if max_bytes is None:
            max_bytes = mebibytes("PARAGONE_CACHE_MB", CACHE_MB)
        self._loaded = LruBytes(max_bytes)
        self._adopted = Adopted(mebibytes("PARAGONE_TRAINED_MB", TRAINED_MB))

    @property
    def device(self) -> str:
        """ "cuda" or "cpu". Imports torch when first asked.

        Raises:
            SettingError: PARAGONE_DEVICE, or the argument, names no device that is here.
        """
        if not self._device:
            self._device = choose_device(self._wanted)
        return self._device

    @property
    def offline(self) -> bool:
        """Whether the network is left alone."""
        return self._hub.offline

    def cards(self, globs: Sequence[str] = ("*",)) -> tuple[Card, ...]:
        """The cards of the networks whose names match a pattern, in the catalogue's order."""
        cards = list(self._cards.values())
        return tuple(
            card
            for card in cards
            if card.kind == "backbone" and any(fnmatchcase(card.name, glob) for glob in globs)
        )

    def card(self, name: str) -> Card:
        """The card of a name: of the catalogue, a plug-in's, any pretrained timm model's, or a
        network's that was adopted.

        Raises:
            UnknownWeights: There is none; the message lists the nearest names.
        """
        if is_adopted(name):
            return self._adopted.get(name).card
        if name in self._cards:
            return self._cards[name]
        from weights.timm_names import timm_card

        if card := timm_card(name):
            return self._cards.get(card.name, card)
        near = difflib.get_close_matches(name, self._cards, n=3, cutoff=0.4)
        raise UnknownWeights(
            say("There are no weights named {name}", name=repr(name)),
            where="weights/catalog.toml and timm's pretrained models",
            todo=say("The nearest names are {near}.", near=", ".join(near))
            if near
            else "Check the name.",
        )

    def register(self, *, name: str, source: str, **fields: Any) -> Card:
        """Add a card; what the hook `register_backbones` calls. The fields are those of `Card`.

        Raises:
            CatalogError: The name is taken, or a field is not well formed.
        """
        card = make_card({"name": name, "source": source, **fields})
        if card.twin and self.card(card.twin).scheme != "package":
            raise CatalogError(
                say("The twin {twin} is no packaged entry", twin=repr(card.twin)), where=name
            )
        with self._lock:
            if name in self._cards:
                raise CatalogError(
                    "There are weights of this name already", where=name, todo="Choose another tag."
                )
            self._cards = {**self._cards, name: card}
        return card

    def availability(self, name: str) -> Availability:
        """Whether the weights can be had now. Never raises; asks the Hub at most once a minute."""
        try:
            card = self.card(name)
        except WeightsError as error:
            return Availability(False, "", error.for_people)
        if card.scheme == SESSION:
            return Availability(True, SESSION, "It is in memory.")
        return self._store.availability(card)

    def file(self, name: str) -> Located:
        """The verified local file of a name. Needs no torch. An adopted network has none.

        Raises:
            WeightsError: The subclass says what is wrong.
        """
        if is_adopted(name):
            return Located(None, self._adopted.get(name).origin)
        return self._store.locate(self.card(name))

    def backbone(self, name: str) -> Backbone:
        """The network of a name, loaded once and kept while there is room.

        When the Hub cannot be reached a packaged twin may stand in: then `card` and `origin` are
        the twin's, and `origin.why` says so. The Hub is tried again after a minute.

        Raises:
            WeightsError: The subclass says what is wrong.
        """
        if is_adopted(name):
            return self._adopted.get(name)
        card = self.card(name)
        return self._loaded.get(card.name, lambda: self._load(card))

    def trainable(self, name: str) -> Backbone:
        """A network of your own to train: a deep copy with gradients on, and all else as it is.

        Raises:
            WeightsError: The subclass says what is wrong.
        """
        found = self.backbone(name)
        return replace(found, module=copy.deepcopy(found.module).requires_grad_(True))

    def adopt(
        self,
        card: Card,
        module: torch.nn.Module,
        transform: Callable[..., torch.Tensor],
        sha256: str,
    ) -> Card:
        """Keep a trained network in memory, under a new name that only the caller gets to know.

        Anyone who knows the name may use it like any other; no list has it. It is dropped after an
        hour without use, when it is released, or when newer ones need the room.

        Args:
            card: What holds for the network; name, source and digest are made here.
            module: Put in evaluation mode here, and not to be changed any more.
            sha256: Of its weights.

        Raises:
            WeightsError: The digest is none, or the network is larger than the house keeps.
        """
        fields = {"name": new_name(), "source": f"{SESSION}:memory", "sha256": sha256}
        card = replace(card, **fields, kind="backbone", revision="", twin="")
        if not sha256:
            raise WeightsError("A trained network needs the digest of its weights", where="sha256")
        origin = Origin(SESSION, card.name, card.source, "", sha256, pinned=False)
        module = module.eval().requires_grad_(False)
        self._adopted.add(Backbone(module, transform, card, origin), _nbytes(module))
        return card

    def release(self, name: str) -> bool:
        """Drop an adopted network now; False where there was none."""
        return self._adopted.release(name)

    def _load(self, card: Card) -> tuple[Backbone, int]:
        if card.kind != "backbone":
            raise WeightsError(
                "This entry is a plain file and no network", where=card.name, todo="Use file()."
            )
        device = self.device
        located = self._store.locate(card)
        if located.origin.name != card.name:
            twin = self.backbone(located.origin.name)
            return replace(twin, origin=located.origin), 0
        import torch

        from .load import load_network
        from .transform import Transform

        config = self._store.config(card, located) if _needs_config(card) else None
        module, card = load_network(card, located.path, config)
        module = module.to(device, memory_format=torch.channels_last).requires_grad_(False)
        transform = Transform(card.input_size[1:], card.mean, card.std, device)
        return Backbone(module, transform, card, located.origin), _nbytes(module)


def _nbytes(module: torch.nn.Module) -> int:
    return sum(t.numel() * t.element_size() for t in module.state_dict().values())


def _needs_config(card: Card) -> bool:
    """A Hub repository, or a folder in its form, says itself what it holds."""
    return card.scheme == "hub" or (
        card.scheme == "local" and Path(card.address).expanduser().is_dir()
    )
