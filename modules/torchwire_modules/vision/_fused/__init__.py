"""Batch normalisation and ReLU in one pass over memory, for the networks that spend their time there."""
