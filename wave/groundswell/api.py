"""The REST API's parts, each wired to what serves it."""

from __future__ import annotations

from collections.abc import Callable

from groundswell.config import Config
from groundswell.other_domains import OtherDomains
from groundswell.settings import attachment_limits, host_limits
from wave_federation.routing.wave_services import WaveServices
from wave_server.accounts import Accounts
from wave_server.attachment_files import AttachmentFiles
from wave_server.attachment_images import ImageWork
from wave_server.attachments import Attachments
from wave_server.attribution import Attributions
from wave_server.history_reading import History
from wave_server.host import WaveHost
from wave_server.inbox import Inbox
from wave_server.indexing import Indexer
from wave_server.people import People
from wave_server.profiles import Profiles
from wave_server.registration import Registration, RegistrationMode
from wave_server.signatures import Signatures
from wave_server.store import Store
from wave_web import (
    accounts_api,
    attachments_api,
    domains_api,
    history_api,
    inbox_api,
    profiles_api,
    signatures_api,
)
from wave_web.accounts_api import AccountServices
from wave_web.api import ApiPart
from wave_web.history_api import HistoryPorts
from wave_web.inbox_api import InboxPorts


def api_parts(
    config: Config,
    store: Store,
    host: WaveHost,
    indexer: Indexer,
    accounts: Accounts,
    clock: Callable[[], int],
    wave_services: WaveServices | None = None,
) -> list[ApiPart]:
    """Accounts, profiles, inboxes, attachments, history and other domains, for ``build_app``.

    ``clock`` gives ms since 1970; ``wave_services`` finds other domains' wave services, None where federation is off.
    """
    files, work = attachment_files(config), ImageWork()
    history = History(domain=config.domain, store=store, read=host.read, limits=host_limits(config))
    profiles = Profiles(store, files, work)
    attachments = Attachments(
        store, files, check_visible=history.head, clock=clock, work=work, limits=attachment_limits(config)
    )
    registration = make_registration(config, store, accounts, clock)
    inbox = Inbox(store, indexer, host)
    inbox_ports = InboxPorts(inbox, People(inbox, accounts, profiles))
    services = AccountServices(accounts, registration, config.registration, profiles)
    return [
        accounts_api.routes.served_by(accounts_api.SERVICES, services),
        profiles_api.routes.served_by(profiles_api.PROFILES, profiles),
        inbox_api.routes.served_by(inbox_api.INBOX, inbox_ports),
        attachments_api.routes.served_by(attachments_api.ATTACHMENTS, attachments),
        history_api.routes.served_by(history_api.HISTORY, HistoryPorts(history, Attributions(history))),
        signatures_api.routes.served_by(signatures_api.SIGNATURES, Signatures(history, store)),
        domains_api.routes.served_by(domains_api.DOMAINS, OtherDomains(config.domain, wave_services)),
    ]


def make_registration(config: Config, store: Store, accounts: Accounts, clock: Callable[[], int]) -> Registration:
    """How people get accounts in the configured domain."""
    mode = RegistrationMode(config.registration)
    return Registration(store, accounts, domain=config.domain, mode=mode, clock=clock)


def attachment_files(config: Config) -> AttachmentFiles:
    """The bytes of attachments and avatars."""
    return AttachmentFiles(config.attachments_directory)
