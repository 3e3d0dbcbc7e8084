"""What a call of a compiled function did, measured, as text and as a page."""
