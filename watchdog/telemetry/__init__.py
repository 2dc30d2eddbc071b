"""What reads the daemon's happenings and passes them on: logs now, metrics later. Nothing here decides.

Belongs here: levels, forms, and the last gate that keeps secrets out of every line. Does not: messages to
people (notifiers), nor what happened (engine and core publish it).
"""
