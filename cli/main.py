"""The `termledger` command: its words, each in a module of its own."""

from __future__ import annotations

import logging

import typer

from cli import audit, demo, directory, machines, programme, rehearse, rule_change, serve, totp_keys

app = typer.Typer(
    name="termledger",
    help="研修台账：计划、审批、报告、检查，步步留痕 / plans, approvals, reports, inspections on record",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(programme.app, name="programme")
app.add_typer(totp_keys.app, name="totp-keys")
programme.app.command()(rule_change.diff)
programme.app.command()(rule_change.dry_run)
programme.app.command()(rule_change.move)
app.command()(serve.up)
app.command()(serve.api)
app.command()(serve.worker)
app.command()(serve.revive)
app.command()(serve.migrate)
app.command()(rehearse.rehearse)
app.command()(demo.demo)
app.command()(audit.verify)
app.command()(audit.replay)
app.command()(audit.rebuild)
app.command()(directory.adopt)
app.command()(directory.account)
app.command()(directory.token)
app.command()(machines.machines)


@app.callback()
def main() -> None:
    """Set up logging for every command."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")


if __name__ == "__main__":
    app()
