"""The error that every room of the house speaks: what went wrong, where, and what to do."""

from __future__ import annotations

from weights.messages import say, spoken


class ParagoneError(Exception):
    """An error meant for people. It lives in the lowest room: every other room can raise it.

    Args:
        what: What was wrong, as a clause that starts with a capital and has no full stop.
        where: The file, field, or name at fault.
        todo: What the reader can do about it.
    """

    def __init__(self, what: str, *, where: str = "", todo: str = ""):
        super().__init__(what)
        self.what, self.where, self.todo = what, where, todo

    @property
    def for_people(self) -> str:
        """One line that a visitor may read. The host shows it for any exception that has it."""
        what = say(self.what)
        told = say("{where}: {what}.", where=self.where, what=what) if self.where else ""
        told = told or say("{what}.", what=what)
        return f"{told} {say(self.todo)}" if self.todo else told

    def __str__(self) -> str:
        return spoken(self.for_people)


class WeightsError(ParagoneError):
    """Anything that keeps weights from being found, fetched, trusted or loaded."""


class CatalogError(WeightsError):
    """An entry of the catalogue, or one that a plug-in registers, is not well formed."""


class UnknownWeights(WeightsError):
    """No entry of the catalogue and no pretrained timm model has this name."""


class Gone(UnknownWeights):
    """A network that was trained in a visit and is no longer kept."""


class SettingError(WeightsError):
    """An environment variable or argument holds a value that cannot be used."""


class HubError(WeightsError):
    """The Hub was asked and no usable file came of it."""


class HubUnreachable(HubError):
    """No answer from the Hub, or none that makes sense. A packaged twin may stand in."""


class OfflineNotCached(HubUnreachable):
    """Offline mode is on and the file is not in the local cache."""


class DownloadCut(HubUnreachable):
    """The Hub answered, but the file did not arrive whole."""


class AccessDenied(HubError):
    """401 or 403: a token is missing, wrong, or has no right to the repository."""


class LicenceNotAccepted(AccessDenied):
    """The repository is gated: its licence must be accepted on its page first."""


class NotOnHub(HubError):
    """404: the Hub has no such repository, revision or file."""


class WrongDigest(WeightsError):
    """The file is not the one that was promised. It was removed and not used."""


class CacheNotWritable(WeightsError):
    """The file could not be stored: no space left, or no right to write."""


class PackageMissing(WeightsError):
    """The distribution that carries the file is not installed, or lacks the file."""


class PackageDamaged(WeightsError):
    """The packaged file is there, but it is not the one that the catalogue pins."""


class LocalFileMissing(WeightsError):
    """A `local:` source names a file or folder that is not there."""


class BadWeightsFile(WeightsError):
    """The file is truncated, of a foreign format, or of a format that we do not read."""


class BadConfig(WeightsError):
    """A repository's config.json cannot be used."""


class UnknownArchitecture(BadConfig):
    """The architecture is none that timm knows."""


class TensorMismatch(WeightsError):
    """The tensors in the file do not fit the architecture."""


class NotConvolutional(WeightsError):
    """A network without a chain of convolutions has no layers to look into."""


class UnknownLayer(WeightsError):
    """The network has no layer of this name."""
