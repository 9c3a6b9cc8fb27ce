"""Volume classification: train 2-D, 2.5-D and 3-D networks on labelled volumes, side by side."""
