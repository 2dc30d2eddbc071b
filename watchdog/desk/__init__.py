"""The one door for people: every question and every order goes through it, whatever surface it came by.

Belongs here: what may be asked, who asked (noted in the journal), and the JSON shapes that are promised
(`shapes.py`). Does not: transport (surfaces), deciding (core), words (wording).
"""

from watchdog.desk.desk import Desk
from watchdog.desk.unknown import UnknownName

__all__ = ["Desk", "UnknownName"]
