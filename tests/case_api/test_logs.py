"""What the log must never hold: the local variables of a function that failed, which are tokens and what customers said."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog

from case_api.logs import configure
from models.settings import Settings


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    levels = {name: logging.getLogger(name).level for name in ("root", "alembic")}
    handlers = list(logging.getLogger().handlers)
    yield
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def fail() -> None:
    said = "".join(["我要", "退房"])  # put together here, so that the source line in the traceback does not hold it
    raise ValueError(f"{len(said)} characters")


@pytest.mark.parametrize("log_json", [False, True])
def test_a_failure_is_told_without_its_local_variables(log_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    configure(Settings(log_json=log_json))
    try:
        fail()
    except ValueError:
        structlog.get_logger().exception("hearing.failed")
    printed = capsys.readouterr().out
    assert "hearing.failed" in printed
    assert "4 characters" in printed
    assert "in fail" in printed or '"name": "fail"' in printed
    assert "我要退房" not in printed
