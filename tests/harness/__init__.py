"""What the oracle and registry tests share: results as data, golden files, comparison."""
