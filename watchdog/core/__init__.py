"""What is decided, and nothing that does: frozen records and functions that return decisions with reasons.

Belongs here: every `if` about policy. Does not: I/O, clocks (`now` is an argument), logging, async,
randomness, third-party imports. `lint-imports` enforces the imports.
"""
