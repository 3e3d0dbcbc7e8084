"""Gradients: the tape, forward mode, custom gradients."""
