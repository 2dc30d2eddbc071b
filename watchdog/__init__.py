"""watchdog: a self-healing daemon for one Docker Compose stack.

The rooms, from the ground up (arrows point down only, `lint-imports` checks it):
core, settings, gateways, plugins, wording, checks/actions/notifiers, registry, config,
engine, desk, surfaces/telemetry, app, cli. `docs/architecture.md` says what each is for.
"""

__version__ = "0.1.0"
