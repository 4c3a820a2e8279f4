"""The command: parse, call, print. No mathematics, and nothing heavy imported before a command needs it."""

from scalelaw.cli.app import main as main
