"""State: `Variable`, and `Module`, which collects variables."""
