"""Questions about targets, one kind a file: its parameters and `probe()`.

A check looks and never touches. Belongs here: what has to be asked of which tool. Does not: what the answer
means (core judges that), nor when it is asked (the engine does). A new kind gets a line in `registry.py`.
"""
