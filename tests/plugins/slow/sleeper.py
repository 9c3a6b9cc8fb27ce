"""Takes half a minute to import."""

import time

time.sleep(30)
