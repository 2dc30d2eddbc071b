"""The outside world, one system a file: the only files that import its SDK or touch its sockets and disks.

Belongs here: asking with a deadline, translating answers into core's records and every error into
`core/errors.py`. Does not: what an answer means for a target, nor whether something may be done.
"""
