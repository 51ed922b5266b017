"""What the commands share: the --config option, running a coroutine, and errors in one line."""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import click
import uvloop

from groundswell.config import Config, ConfigError, load_config
from groundswell.initialization import InitializationError
from wave_federation.errors import FederationError
from wave_server.errors import WaveError

P = ParamSpec("P")
R = TypeVar("R")


def one_line_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn our errors, and the operating system's, into one line on standard error and exit status 1."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (ConfigError, InitializationError, WaveError, FederationError, OSError) as error:
            raise click.ClickException(str(error)) from error

    return run


def with_config(command: Callable[Concatenate[Config, P], R]) -> Callable[P, R]:
    """Give the command a ``--config FILE`` option and call it with the configuration as its first argument."""

    @click.option(
        "--config",
        "config_file",
        type=click.Path(dir_okay=False, path_type=Path),
        help="The configuration file; without it: embedded defaults, data in ./data.",
    )
    @one_line_errors
    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        file = kwargs.pop("config_file", None)
        assert file is None or isinstance(file, Path)
        return command(load_config(file, os.environ), *args, **kwargs)

    return run


def run_async(main: Coroutine[object, object, R]) -> R:
    """Run ``main`` to its end on uvloop."""
    return uvloop.run(main)
