"""Record the faces of the bundled pictures, so that pages open with a result and without a network.

python -m plugins.shared.faces.measured.record
"""

from __future__ import annotations

from plugins.shared.faces.detect import DETECTOR, detector
from plugins.shared.faces.encode import EncodingCache, encode_faces
from plugins.shared.faces.examples import examples
from plugins.shared.faces.measured.cli import DEFAULT, network_named
from plugins.shared.faces.measured.stored_curves import RecordedFace, write_opening
from weights import Weights


def main() -> int:
    """Find, encode and record; returns the exit code."""
    weights = Weights()
    network = network_named(weights, DEFAULT)
    find = detector(weights.file(DETECTOR).path)
    recorded = {}
    for example in examples():
        picture = example.load()
        faces = find(picture)
        made = encode_faces(network, [(picture, face) for face in faces], EncodingCache())
        recorded[picture.digest] = tuple(
            RecordedFace(face, network.origin.name, network.revision, one.encoding)
            for face, one in zip(faces, made, strict=True)
        )
    write_opening(recorded)
    print(f"recorded {sum(map(len, recorded.values()))} faces in {len(recorded)} pictures")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
