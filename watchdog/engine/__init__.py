"""The imperative shell: it fires, listens, asks, saves, acts and hands over, and decides nothing.

The parts never import each other (`lint-imports` checks it); `app.py` joins them with plain callables.
Does not belong here: policy (core), the outside world (gateways), words (wording).
"""
