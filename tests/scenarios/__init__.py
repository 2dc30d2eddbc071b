"""Real faults on a real engine: each folder is one scenario, with its own Compose project and watchdog.yml.

`python -m tests.scenarios NAME` runs one, `--all` all of them, `--smoke` the quick ones, `--list` names them.
A scenario asserts four things: the promised action, no other action, exactly one incident, and a daemon
that is alive at the end.
"""
