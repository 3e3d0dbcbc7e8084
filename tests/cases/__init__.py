"""Oracle cases by family; `form.py` says what a case is."""
