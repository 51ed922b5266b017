"""The REST framework: typed handlers under ``/api/v1``. The types that validate a request also describe it.

A module of the API declares its routes, and what it needs of the core as a port::

    routes = ApiRoutes("waves")
    INBOX: Final = web.AppKey("inbox", InboxPort)

    @routes.route("GET", "/waves/{domain}/{id}", summary="One wave's digest", scope=READ_SCOPE, errors=("not-found",))
    async def show_wave(call: Call[None, None, WavePath]) -> Digest: ...

``Call[Query, Body, Path]`` names the structs that the query, the JSON body and the path are validated with,
``None`` where there is none; the return type says what is answered: a struct, ``None`` (204), or a
``web.StreamResponse`` for what is not JSON. All of it is read from the annotations, once, when the module is
loaded. ``build_app`` is given ``routes.served_by(INBOX, inbox)``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeAlias, TypeVar, final, get_args, get_origin, get_type_hints

import msgspec
from aiohttp import StreamReader, web
from typing_extensions import TypeVar as TypeVarWithDefault

from wave_server.errors import Forbidden
from wave_server.names import WaveAddress
from wave_web.api_decoding import decode_body, decode_path, decode_query, is_strict
from wave_web.authentication import Account, Credential, check_origin, has_scope
from wave_web.errors import STATUS, Throttled
from wave_web.requests import REQUESTS, SETTINGS, authenticate, now, peer_of

PREFIX: Final = "/api/v1"
SAFE_METHODS: Final = ("GET", "HEAD")

Query = TypeVar("Query")
Body = TypeVar("Body")
Path = TypeVarWithDefault("Path", default=None)
Answer = TypeVar("Answer")
Port = TypeVar("Port")

_encoder: Final = msgspec.json.Encoder()


@final
@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request, and by what they were let in."""

    account: Account
    credential: Credential


@final
@dataclass(frozen=True, slots=True)
class Call(Generic[Query, Body, Path]):
    """One request that has been let in and validated. A body of type StreamReader is the bytes as they come."""

    request: web.Request
    query: Query
    body: Body
    path: Path
    response: web.Response  # what will be sent: a handler may add headers and cookies
    caller: Caller | None  # None on public routes, whoever asks

    @property
    def account(self) -> WaveAddress:
        """Who sends it. Not for handlers of public routes."""
        return self.identity.account.address

    @property
    def identity(self) -> Caller:
        """Who sends it, and by what they were let in. Not for handlers of public routes."""
        if self.caller is None:
            raise LookupError(f"{self.request.path} is public: nobody is identified")
        return self.caller

    def port(self, key: web.AppKey[Port]) -> Port:
        """The part of the core that the routes are served by."""
        return self.request.app[key]


Handler: TypeAlias = Callable[[Call[Any, Any, Any]], Awaitable[object]]


@final
@dataclass(frozen=True, slots=True)
class Route:
    """A route, as it is served and documented."""

    method: str
    path: str  # below PREFIX, with {names}
    summary: str
    tag: str
    handler: Handler
    query_type: Any  # a struct, or NoneType
    body_type: Any  # a struct, StreamReader, or NoneType
    path_type: Any  # a struct, or NoneType
    answer_type: Any  # a struct, NoneType, or a StreamResponse
    scope: str | None = None  # what a token must have; None: any valid token or session will do
    public: bool = False  # nobody need sign in
    status: int = 200
    errors: tuple[str, ...] = ()  # codes that only this route gives, keys of wave_web.errors.STATUS
    accepts: tuple[str, ...] = ("application/json",)  # media types of the body
    produces: tuple[str, ...] = ("application/json",)  # media types of the answer
    also: tuple[tuple[int, str], ...] = ()  # further statuses of success, and what they mean
    revalidated: bool = False  # answered with an ETag, and with 304 while it is the same

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Let the request in, validate it, call the handler, encode what it returns. Raises WaveErrors."""
        caller = await self._admit(request)
        response = web.Response(status=self.status)
        call: Call[Any, Any, Any] = Call(
            request,
            decode_query(request.query, self.query_type),
            await self._body(request),
            decode_path(request.match_info, self.path_type),
            response,
            caller,
        )
        answer = await self.handler(call)
        if isinstance(answer, web.StreamResponse):
            return answer
        if answer is not None:
            response.body = _encoder.encode(answer)
            response.content_type = self.produces[0]
        return _revalidated(request, response) if self.revalidated else response

    async def _admit(self, request: web.Request) -> Caller | None:
        """Who sends it, once they may. Raises Unauthenticated, WrongOrigin, Throttled or Forbidden."""
        if self.public:
            origin = request.headers.get("Origin")
            if origin is not None and request.method not in SAFE_METHODS:  # another site's page must not, say, sign in
                check_origin(origin, request.host, request.app[SETTINGS].public_url)
            _limit_rate(request, f"peer {peer_of(request)}")
            return None
        account, credential = await authenticate(request)
        _limit_rate(request, str(account.address))
        if self.scope is not None and not has_scope(account, self.scope):
            raise Forbidden(f"this token may not do that: it needs one with the scope {self.scope}")
        return Caller(account, credential)

    async def _body(self, request: web.Request) -> object:
        if self.body_type is StreamReader:
            return request.content
        return decode_body(await request.read(), self.body_type) if self.body_type is not type(None) else None


@final
@dataclass(frozen=True, slots=True)
class ApiPart:
    """Routes, and the port that serves them, ready to be installed in an application."""

    routes: ApiRoutes
    install: Callable[[web.Application], None]


@final
class ApiRoutes:
    """The routes that a module declares, in order."""

    def __init__(self, tag: str) -> None:
        """``tag`` is the heading that the documentation has them under."""
        self._tag: Final = tag
        self._routes: Final[list[Route]] = []

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def route(
        self,
        method: str,
        path: str,
        *,
        summary: str,
        scope: str | None = None,
        public: bool = False,
        status: int | None = None,
        errors: tuple[str, ...] = (),
        accepts: tuple[str, ...] = ("application/json",),
        produces: tuple[str, ...] = ("application/json",),
        also: tuple[tuple[int, str], ...] = (),
        revalidated: bool = False,
    ) -> Callable[
        [Callable[[Call[Query, Body, Path]], Awaitable[Answer]]],
        Callable[[Call[Query, Body, Path]], Awaitable[Answer]],
    ]:
        """Declare the handler of ``method`` and ``path`` (below /api/v1). ``status`` is 200, or 204 without an answer.

        Raises TypeError, when the module is loaded, for a handler whose annotations say too little, or whose query or
        body struct would let unknown members pass.
        """

        def declare(
            handler: Callable[[Call[Query, Body, Path]], Awaitable[Answer]],
        ) -> Callable[[Call[Query, Body, Path]], Awaitable[Answer]]:
            query, body, path_struct, answer = _signature(handler)
            declared = Route(
                method=method,
                path=path,
                summary=summary,
                tag=self._tag,
                handler=handler,
                query_type=query,
                body_type=body,
                path_type=path_struct,
                answer_type=answer,
                scope=scope,
                public=public,
                status=status or (204 if answer is type(None) else 200),
                errors=errors,
                accepts=accepts,
                produces=produces,
                also=also,
                revalidated=revalidated,
            )
            _check(declared)
            self._routes.append(declared)
            return handler

        return declare

    def served_by(self, key: web.AppKey[Port], port: Port) -> ApiPart:
        """These routes with their port, for ``build_app``."""

        def install(app: web.Application) -> None:
            app[key] = port

        return ApiPart(self, install)


def add_api(app: web.Application, routes: Iterable[Route]) -> None:
    """Make the application answer the routes."""
    for route in routes:
        if route.method == "GET":
            app.router.add_get(PREFIX + route.path, route.serve)  # and HEAD
        else:
            app.router.add_route(route.method, PREFIX + route.path, route.serve)


def _signature(handler: Handler) -> tuple[Any, Any, Any, Any]:
    """The query, body, path and answer types that a handler's annotations name."""
    hints = get_type_hints(handler, include_extras=True)
    answer = hints.pop("return", None)
    (call,) = hints.values() or (None,)
    if get_origin(call) is not Call or answer is None:
        raise TypeError(f"{handler} must take one Call[Query, Body, Path] and say what it returns")
    query, body, path = (*get_args(call), type(None))[:3]
    return query, body, path or type(None), answer


def _check(route: Route) -> None:
    for struct in (route.query_type, route.body_type):
        if struct not in (type(None), StreamReader) and not is_strict(struct):
            raise TypeError(f"{struct} must be a Struct with forbid_unknown_fields=True")
    if unknown := set(route.errors) - set(STATUS):
        raise TypeError(f"{route.method} {route.path} gives errors without a status: {sorted(unknown)}")


def _limit_rate(request: web.Request, key: str) -> None:
    wait = request.app[REQUESTS].take(key, 1, now())
    if wait:
        raise Throttled(f"too many requests: wait {wait:.1f} s and send it again", wait)


def _revalidated(request: web.Request, response: web.Response) -> web.Response:
    """The response with an ETag of its body, without the body when the client has that already."""
    assert isinstance(response.body, bytes)
    tag = hashlib.sha256(response.body).hexdigest()[:32]
    known = request.if_none_match or ()
    if any(found.value in (tag, "*") for found in known):
        response = web.Response(status=304)
    response.etag = tag
    response.headers["Cache-Control"] = "private, no-cache"  # keep it, but ask before using it
    return response
