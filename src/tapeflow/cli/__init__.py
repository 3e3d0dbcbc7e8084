"""The command line: `tapeflow run`, `tapeflow demo`, `tapeflow info`."""
