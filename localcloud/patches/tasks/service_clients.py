"""Task states share boto3 clients.

moto's interpreter makes a boto3 client for each task, which takes longer than the task, and always
calls moto, also for a service that AWS_ENDPOINT_URL_<SERVICE> places elsewhere.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

from localcloud.direct import call_directly
from localcloud.patches.patching import Json, Moto, Patches, moto
from localcloud.turns import CALLERS_CREDENTIALS, mark_calls

_CONNECTIONS = 200
_SECONDS = 900  # the longest that a Lambda function may take

_MODELS = Loader()
"""Botocore's service models: they take a second to read, and sessions of a process share them."""


def apply(patches: Patches, endpoint: str, environment: Mapping[str, str]) -> None:
    """Share one client per Region and service: clients are thread-safe, creating one is not."""
    clients: dict[tuple[str, str], Moto] = {}
    making = threading.Lock()
    session = isolated_session()

    def client_for(region: str, service: str, state_credentials: Moto = None) -> Moto:
        del state_credentials  # moto checks no permissions either
        with making:
            if (region, service) not in clients:
                url = environment.get(endpoint_variable(session, service), endpoint)
                clients[region, service] = local_client(
                    session, service, url, region, parameter_validation=False
                )
                mark_calls(clients[region, service], patches.clock)
                call_directly(clients[region, service], patches.clock)
            return clients[region, service]

    moto("stepfunctions.parser.models")  # imports whatever imports boto_client_for
    patches.replace_imports("stepfunctions.parser", "boto_client_for", client_for)


def isolated_session() -> boto3.Session:
    """Return a session without the user's profiles and credentials."""
    nothing = (None, None, None, None)
    files = (None, None, os.devnull, None)
    session = botocore.session.Session(
        session_vars={"profile": nothing, "config_file": files, "credentials_file": files}
    )
    session.register_component("data_loader", _MODELS)
    session.set_credentials(*CALLERS_CREDENTIALS.values())
    return boto3.Session(botocore_session=session)


def local_client(
    session: boto3.Session, service: str, endpoint: str, region: str, **config: Json
) -> Moto:
    """Return a client that calls this machine directly, once, and waits as long as it takes."""
    return session.client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        config=Config(
            retries={"total_max_attempts": 1},
            connect_timeout=_SECONDS,
            read_timeout=_SECONDS,
            max_pool_connections=_CONNECTIONS,
            proxies={},
            **config,
        ),
    )


def endpoint_variable(session: boto3.Session, service: str) -> str:
    """Return the variable that names a service's own endpoint, as the SDKs spell it."""
    service_id = str(session._session.get_service_model(service).service_id)
    return f"AWS_ENDPOINT_URL_{service_id.upper().replace(' ', '_')}"
