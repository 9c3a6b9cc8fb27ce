"""Record the faces of the bundled pictures that pages open with, so that they open with a result
and without a network.

    python -m plugins.faces.record
"""

from __future__ import annotations

from plugins.faces.detect import detector
from plugins.faces.encode import EncodingCache, Network, encode_faces
from plugins.faces.examples import load_example
from plugins.faces.stored import RecordedFace, write_opening
from weights import Weights

PICTURES = ("grace_hopper", "eileen_collins", "together")
DEFAULT = "dlib_resnet.faces_v1"


def main() -> int:
    """Find, encode and record; returns the exit code."""
    weights = Weights()
    backbone = weights.backbone(DEFAULT)
    network = Network(backbone.card, backbone.origin, lambda: backbone)
    find = detector(weights.file("dlib_landmarks.5").path)
    recorded = {}
    for key in PICTURES:
        picture = load_example(key)
        faces = find(picture)
        made = encode_faces(network, [(picture, face) for face in faces], EncodingCache())
        recorded[picture.digest] = tuple(
            RecordedFace(face, network.origin.name, network.origin.sha256, one.encoding)
            for face, one in zip(faces, made, strict=True)
        )
    write_opening(recorded)
    print(f"recorded {sum(map(len, recorded.values()))} faces in {len(recorded)} pictures")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
