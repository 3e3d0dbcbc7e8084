"""Tapeflow under the name `tensorflow`, for programs that are to run unchanged."""
