"""Five examples, no training."""
