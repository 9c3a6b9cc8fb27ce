"""What torch does once, before the first step that is ever taken: it loads and plans for seconds.
No run should pay for that with its budget.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from plugins.signal_classification.data.signal_set import SignalSet
from plugins.signal_classification.learning.training import Run
from plugins.signal_classification.settings import RESNET, Settings


@lru_cache
def warm_up(device: str = "cpu") -> None:
    """Take two steps with a very small network; only the first call takes time.

    Args:
        device: Where the runs will learn, as torch calls it.
    """
    waves = np.sin(np.linspace(0, 9, 4 * 32)).reshape(4, 1, 32)
    signals = SignalSet(list(waves), np.array([0, 1, 0, 1]), ("a", "b"))
    settings = Settings(network=RESNET, members=1, width=4, steps=2, budget=60)
    for _ in Run(settings, signals, signals, device=device).advance():
        pass
