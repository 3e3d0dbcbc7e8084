"""From a traced graph to something that runs: passes over the graph, then a backend.

Passes are functions from graph to graph (`passes/`); `compile.py` says which run in which order.
"""
