"""What the controls of the signal page offer."""

from plugins.signal_classification.answering import BEATS, WHOLE, WINDOWS
from plugins.signal_classification.data.file_kinds import KINDS as READ
from plugins.signal_classification.data.reading import DOWN, ROWS

KINDS = [*READ, ".gz"]
SAFETY = """
<p class="sg-safety"><b>For learning, not for diagnosis.</b> The network of this page knows the
heartbeats of one patient; its beats to try are simulated and of no person.</p>
"""
WAYS = [
    ("As it looks", ""),
    ("Each row is a signal", ROWS),
    ("Time runs down the rows", DOWN),
]
CUTS = [
    ("As the network needs", ""),
    ("Cut into heartbeats", BEATS),
    ("Cut into windows", WINDOWS),
    ("Whole, condensed", WHOLE),
]
PAD = """
<p class="sg-title">Or draw one</p>
<svg class="sg-pad" data-pad viewBox="0 0 640 150" preserveAspectRatio="none" tabindex="0"
 role="img" aria-label="Draw a signal here: with the mouse, a finger, or the arrow keys and Enter">
<path class="sg-line" vector-effect="non-scaling-stroke"/></svg>
<button class="sg-button" data-wipe type="button">Wipe</button>
"""
