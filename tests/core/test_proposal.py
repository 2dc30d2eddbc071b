from __future__ import annotations

from dataclasses import replace

from tests.gateways.journal_samples import a_proposal, at
from watchdog.core.proposal import ProposalState, name_differences


def test_a_proposal_waits_so_long() -> None:
    """No answer in time is a no."""
    proposal = a_proposal(lasts=60.0)
    made = proposal.made.boot
    assert proposal.left(at(made + 45)) == 15
    assert proposal.left(at(made + 61)) == 0
    assert replace(proposal, state=ProposalState.DECLINED).left(at(made)) == 0


def test_what_is_different_is_named() -> None:
    """Something changed, something came, something went."""
    shown = {"image": "1", "context": "1", "config": "1"}
    assert name_differences(shown, {"image": "1", "context": "2", "build": "1"}) == (
        "build",
        "config",
        "context",
    )
