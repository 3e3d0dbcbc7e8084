"""Mathematical functions as generated vector code: polynomials, bits and choices, no calls."""
