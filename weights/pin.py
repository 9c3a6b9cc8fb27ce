"""Pin catalogue entries: ask the Hub for commit and SHA-256, and write both into catalog.toml.

python -m weights.pin "vit_*" tf_efficientnet_lite0.in1k
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from .catalog import CATALOG, Card, read_catalog
from .errors import CatalogError, HubError, ParagoneError
from .hub import Declared, Hub


def ask(hub: Hub, card: Card) -> Declared:
    """The commit that is `main` now, and the SHA-256 of the card's file in it.

    Raises:
        HubError: There is no answer, or none with a SHA-256.
    """
    declared = hub.declared(card.repo, card.filename)
    if len(declared.digest) != 64:
        raise HubError("The Hub declares no SHA-256", where=f"{card.repo}/{card.filename}")
    return declared


def pinned(text: str, name: str, declared: Declared) -> str:
    """The catalogue's text with one entry pinned; everything else stays as it is.

    Raises:
        CatalogError: The entry is not in the text.
    """
    head, *entries = re.split(r"(?m)^(?=\[\[weights\]\])", text)
    for index, entry in enumerate(entries):
        if re.search(rf'(?m)^name = "{re.escape(name)}"$', entry):
            entry = re.sub(r'(?m)^(revision|sha256) = "[^"]*"\n', "", entry)
            lines = f'\nrevision = "{declared.commit}"\nsha256 = "{declared.digest}"'
            entries[index] = re.sub(r'(?m)^source = "[^"]*"$', r"\g<0>" + lines, entry)
            return head + "".join(entries)
    raise CatalogError("There is no such entry", where=name)


def main(argv: Sequence[str] | None = None, hub: Hub | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m weights.pin", description=__doc__)
    parser.add_argument("names", nargs="+", help="names or patterns of entries from the Hub")
    parser.add_argument("--dry-run", action="store_true", help="print, and write nothing")
    parser.add_argument("--catalog", type=Path, default=CATALOG, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    hub = hub or Hub()
    try:
        cards = [card for card in read_catalog(options.catalog).values() if card.repo]
        for name in options.names:
            found = [card for card in cards if fnmatchcase(card.name, name)]
            if not found:
                raise CatalogError("No entry from the Hub has this name", where=name)
            for card in found:
                declared = ask(hub, card)
                print(f"{card.name}: revision {declared.commit}, sha256 {declared.digest}")
                if not options.dry_run:
                    text = options.catalog.read_text(encoding="utf-8")
                    options.catalog.write_text(
                        pinned(text, card.name, declared), encoding="utf-8", newline="\n"
                    )
    except ParagoneError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
