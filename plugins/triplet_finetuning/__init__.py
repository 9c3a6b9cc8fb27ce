"""Triplet fine-tuning: train a comparison, and watch it learn."""
