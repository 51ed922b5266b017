"""The whole API as the program serves it, against its own document: the same routes, and a fuzz of every operation."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from schemathesis import GenerationMode
from schemathesis.core.result import Err
from schemathesis.specs.openapi import checks

from groundswell.config import LimitsConfig
from serving.api_server import API, DOMAIN, ApiServer, api_server
from wave_web.openapi import DOCUMENT

EXAMPLES = 25  # of each operation
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
UNLIMITED = LimitsConfig(
    requests_per_second=0,
    sign_ins_per_minute=0,
    registrations_per_hour=0,
    uploads_per_minute=0,
    attachment_bytes=10_000,
)


@dataclass
class Running:
    """A server in a thread of its own, and a token of somebody who takes part in a wave there."""

    server: ApiServer
    document: dict[str, Any]
    headers: dict[str, str]


async def _serve(directory: Any, started: Future[Running], stop: asyncio.Event) -> None:
    try:
        async with api_server(directory, limits=UNLIMITED) as server:
            await server.accounts.register(f"ada@{DOMAIN}", "correct horse")
            scopes = ("waves:read", "waves:write", "account")
            token = await server.accounts.create_token(f"ada@{DOMAIN}", "a fuzzer", scopes)
            await server.wavelet(f"{DOMAIN}/w+a/~/conv+root", ["ada"])
            started.set_result(Running(server, server.app[DOCUMENT], {"Authorization": f"Bearer {token}"}))
            await stop.wait()
    except BaseException as error:
        if not started.done():
            started.set_exception(error)
        raise


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    loop, started = asyncio.new_event_loop(), Future[Running]()
    stop = asyncio.Event()
    directory = tmp_path_factory.mktemp("contract")

    def run() -> None:
        with suppress(Exception):  # who waits for ``started`` gets it
            loop.run_until_complete(_serve(directory, started, stop))
        loop.close()

    thread = Thread(target=run)
    thread.start()
    try:
        yield started.result()
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


def test_the_document_is_openapi(running: Running) -> None:
    validate(running.document, cls=OpenAPIV31SpecValidator)


def test_what_is_served_is_documented_and_the_other_way_round(running: Running) -> None:
    served = {
        (route.method, route.resource.canonical.removeprefix(API))
        for route in running.server.app.router.routes()
        if route.resource and route.resource.canonical.startswith(API) and route.method != "HEAD"
    }
    documented = {(method.upper(), path) for path, methods in running.document["paths"].items() for method in methods}
    assert documented == served
    assert len({op["operationId"] for methods in running.document["paths"].values() for op in methods.values()}) == len(
        documented
    )
    assert {"/accounts", "/waves", "/attachments", "/profiles", "/wavelets/timeline", "/docs"} <= {
        path for _, path in served
    }


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_operation_keeps_to_the_document_whatever_is_sent(running: Running, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_dict(running.document)
    for found in schema.get_all_operations():
        assert not isinstance(found, Err)
        operation = found.ok()
        if mode is GenerationMode.POSITIVE or can_be_wrong(operation):
            fuzz(running, operation, mode)


def can_be_wrong(operation: Any) -> bool:
    """Whether something in a request can break the document: bytes that are no JSON cannot."""
    raw = operation.definition.raw
    return "parameters" in raw or "application/json" in raw.get("requestBody", {}).get("content", {})


def fuzz(running: Running, operation: Any, mode: GenerationMode) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        assume(len(str(case.query)) < 2_500)  # what does not fit a request line gets an answer of aiohttp's own
        rejecting = [checks.negative_data_rejection] if mode is GenerationMode.NEGATIVE else []
        url = running.server.url + API
        case.call_and_validate(base_url=url, headers=running.headers, checks=[*CHECKS, *rejecting])

    send()
