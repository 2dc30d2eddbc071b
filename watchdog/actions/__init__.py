"""Capabilities, one a file, named verb_noun: parameters, `describe()` and `run()`.

An action changes one thing and claims nothing: checks verify. Belongs here: the act and what it announces.
Does not: whether it may be done (core decides), nor what comes next. A new one gets a line in `registry.py`.
"""
