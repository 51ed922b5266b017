"""What Prometheus is told: of the process and of federation. ``GET /metrics``, also on the administrators' socket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from groundswell.federating import Federation

_ROUTER_COUNTS: Final = {  # what the router counts: the metric's name, its help, the name of its label
    "heard": ("groundswell_stanzas_heard", "Stanzas that arrived from other domains.", "kind"),
    "sent": ("groundswell_stanzas_sent", "Stanzas for other domains, answers included.", "kind"),
    "refused": ("groundswell_stanzas_refused", "Stanzas that were answered with an error.", "condition"),
    "request": ("groundswell_requests", "What came of requests to other domains.", "outcome"),
    "fault": ("groundswell_stanza_faults", "Stanzas that the server failed on: see its log.", "kind"),
}


def make_registry(federation: Federation | None) -> CollectorRegistry:
    """What is measured, read when it is asked for."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    if federation is not None:
        registry.register(FederationCollector(federation))
    return registry


def add_metrics(app: web.Application, registry: CollectorRegistry) -> None:
    """Answer ``GET /metrics`` with the text that Prometheus reads."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app.router.add_get("/metrics", answer)


@final
class FederationCollector(Collector):
    """Links, stanzas and certificates. Other domains are no labels: whoever connects could make up more of them."""

    def __init__(self, federation: Federation) -> None:
        self._federation = federation

    def describe(self) -> Iterable[Metric]:
        """Nothing in advance."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Everything, as it is now."""
        yield from self._links()
        yield from self._counts()
        yield from self._certificates()

    def _links(self) -> Iterator[Metric]:
        links = self._federation.transport.status()
        states = Counter((str(link.direction), str(link.state)) for link in links)
        family = GaugeMetricFamily("groundswell_links", "Links to other domains.", labels=["direction", "state"])
        for labels, number in sorted(states.items()):
            family.add_metric(labels, number)
        yield family
        queued = sum(link.queued for link in links)
        yield GaugeMetricFamily("groundswell_queued_stanzas", "Stanzas that wait for a link.", value=queued)
        events = CounterMetricFamily("groundswell_link_events", "Decisions about links, as logged.", labels=["event"])
        for event, number in sorted(self._federation.history.counts.items()):
            events.add_metric([event], number)
        yield events

    def _counts(self) -> Iterator[Metric]:
        counts = sorted(self._federation.router.counts.items())
        for what, (name, help_text, label) in _ROUTER_COUNTS.items():
            family = CounterMetricFamily(name, help_text, labels=[label])
            for (counted, detail), number in counts:
                if counted == what:
                    family.add_metric([detail], number)
            yield family

    def _certificates(self) -> Iterator[Metric]:
        store = self._federation.credentials
        if store is None:
            return
        family = GaugeMetricFamily(
            "groundswell_certificate_expiry_seconds", "When our certificate expires, since 1970.", labels=["domain"]
        )
        for domain in store.domains:
            family.add_metric([domain], store.get(domain).expires.timestamp())
        yield family
