"""Signal classification: train a 1-D network on labelled signals, and see what it looks at."""
