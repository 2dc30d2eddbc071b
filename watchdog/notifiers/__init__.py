"""What delivers a notification to people, one kind a file; each has a line in `registry.py`.

Belongs here: one channel and its form (HTML, JSON, a log line). Does not: the words (`wording` has them), nor
when and how often it is tried (the dispatcher does that).
"""
