"""Runs compiled functions: plans, their executor, the threads, and the call from Python.

A `Plan` says what to do in a table; one generic native function, the executor, walks it; a builtin
function, its code generated as well, checks the arguments, makes the results and starts the
executor. None of that code depends on the plan: it is compiled once and kept on disk.
"""
