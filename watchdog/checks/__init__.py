"""Questions about targets, one kind a file. A check looks and never touches; what it saw is judged in core."""
