"""What delivers a notification to people, one kind a file; each is registered in `registry.py`."""
