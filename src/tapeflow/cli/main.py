"""Reads the command line and hands over to the command named there."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tapeflow.cli.messages import LANGUAGES, Messages, choose_language
from tapeflow.engine.core.version import TAPEFLOW_VERSION, VERSION

RUN_USAGE = "tapeflow run [-h] (SCRIPT.py | -m MODULE) [ARGS ...]"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the process's exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    messages = Messages(choose_language(arguments))
    # What follows `run SCRIPT`, options included, is the script's; argparse must not see it.
    if arguments[:1] == ["run"] and arguments[1:2] not in ([], ["-h"], ["--help"]):
        return run(arguments[1:])
    parser = build_parser(messages)
    options = parser.parse_args(arguments)
    if options.command == "run":
        parser.error(messages("run_needs_script"))
    if options.command == "demo":
        from tapeflow.cli.demo import demo

        return demo(Path(options.out), options.epochs, messages)
    if options.command == "info":
        from tapeflow.cli.info import info

        return info(messages)
    parser.print_help()
    return 0


def run(arguments: list[str]) -> int:
    """`tapeflow run`: with `-m` a module, else a script."""
    from tapeflow.cli.run import run_module, run_script

    first, *rest = arguments
    if first == "-m" and rest:
        return run_module(rest[0], rest[1:])
    if first.startswith("-"):
        print(f"usage: {RUN_USAGE}\ntapeflow run: unknown option {first}", file=sys.stderr)
        return 2
    return run_script(first, rest)


def build_parser(messages: Messages) -> argparse.ArgumentParser:
    """The parser of everything but the arguments behind `run SCRIPT`."""
    language = argparse.ArgumentParser(add_help=False)
    language.add_argument("--lang", choices=LANGUAGES, help=messages("help_lang"))

    parser = argparse.ArgumentParser(prog="tapeflow", description=messages("help_tapeflow"))
    version = f"tapeflow {TAPEFLOW_VERSION} (TensorFlow API {VERSION})"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    commands.add_parser(
        "run",
        usage=RUN_USAGE,
        help=messages("help_run"),
        description=messages("help_run"),
        epilog=messages("help_run_more"),
        add_help=True,
    )

    demo = commands.add_parser(
        "demo", parents=[language], help=messages("help_demo"), description=messages("help_demo")
    )
    demo.add_argument("--out", metavar="DIR", default="tapeflow-demo", help=messages("help_out"))
    demo.add_argument(
        "--epochs", type=positive, metavar="N", default=15, help=messages("help_epochs")
    )

    commands.add_parser(
        "info", parents=[language], help=messages("help_info"), description=messages("help_info")
    )
    return parser


def positive(text: str) -> int:
    """A whole number of at least 1, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return number
