"""Chaos: a seeded random schedule of faults over twenty containers of the real engine, and what must hold whatever comes.

`python -m tests.chaos --seed 7 --minutes 1`. A schedule comes from the seed alone; what is checked comes from witnesses
that the daemon cannot talk into anything (the engine's event stream, who received its messages) and from its journal.
"""
