"""The command line: `run` is the daemon, `config check` reads files, all the rest are light clients.

Belongs here: arguments, tables, exit codes (`exits.py`). Does not: any decision, nor what a client does not
need (the client commands import neither aiohttp, docker nor pydantic: they answer in a blink).
"""
