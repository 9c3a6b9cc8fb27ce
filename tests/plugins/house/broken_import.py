"""Leaves the interpreter while it is imported."""

import sys

sys.exit("This plug-in leaves at once")
