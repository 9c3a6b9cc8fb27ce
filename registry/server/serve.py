"""Serve the page: from this process, or from one replica on Ray with the networks in others."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr
from gradio.exceptions import ServerFailedToStartError

from registry.limits import SettingError
from registry.messages import carry
from registry.server.guard import GuardedBlocks
from registry.server.workspace import private_temp
from registry.stopping import Stopped, check_stop

APP = "paragone"
CALLS = 1000
"""Open connections to the page: each visitor holds one while they wait."""
STATUS = "/replicas"
WARM_UP = "PARAGONE_WARM_UP"


def launch(page: GuardedBlocks, host: str, port: int, share: bool) -> None:
    """Serve the page from this process until it is interrupted.

    Raises:
        OSError: The port is taken.
        SettingError: The tools for assistants cannot be offered.
    """
    try:
        page.launch(
            server_name=host, server_port=port, share=share, quiet=True, prevent_thread_lock=True
        )
    except ServerFailedToStartError as error:
        raise OSError from error
    if page.mcp_error:
        raise SettingError(page.mcp_error)
    if page.is_running:  # It is not when gradio reloads us: the first one goes on serving.
        print(f"Paragone serves {page.local_url} (Ctrl-C stops it)", flush=True)
        gc.freeze()  # The pages stay; they are not searched for garbage again and again.
        if os.environ.get(WARM_UP, "1") != "0":
            threading.Thread(target=_be_late, args=(page,), daemon=True).start()
        try:
            while page.is_running:
                check_stop()
                time.sleep(0.1)
        except Stopped:
            print("Stopped.", flush=True)
        finally:
            page.close(verbose=False)


def _be_late(page: GuardedBlocks) -> None:
    """Do what pages left for later. What fails is logged: whoever asks for it will be told."""
    for work in page.late:
        try:
            work()
        except Exception:
            logging.getLogger(__name__).exception("Something could not be prepared ahead")


def mount(page: GuardedBlocks, host: str, port: int, outer: Any) -> Any:
    """Mount the page on a FastAPI application, with the options that it would be launched with."""
    options = dict(page.launch_defaults)
    page.state_session_capacity = options.pop("state_session_capacity")  # No option of a mount.
    return gr.mount_gradio_app(outer, page, "/", server_name=host, server_port=port, **options)


def serve_replicas(
    serve: Any,
    networks: Any,
    name: str,
    build: str,
    environ: Mapping[str, str],
    host: str,
    port: int,
    until: Callable[[], Any] | None = None,
) -> None:
    """Serve the page from one replica on Ray Serve, with the networks in others behind it.

    The page has one replica, because gradio's queue lives in one process. `/replicas` tells how
    many batches each of the others has answered.

    Args:
        serve: The module `ray.serve`; Ray is connected.
        networks: The bound deployment of the networks, and `name`, which it goes by.
        build: Import string of a function that takes the deployment's handle, and gives the page
            and a function that counts the answers.
        environ: Variables that hold there as here.
        until: Waits as long as the page is served; None: until Ctrl-C.

    Raises:
        OSError: The port is taken.
        SettingError: The page does not come up.
    """

    def application() -> Any:
        return _application(build, name, environ, host, port)

    ingress = serve.deployment(
        serve.ingress(application)(),
        name="page",
        num_replicas=1,
        max_ongoing_requests=CALLS,
        ray_actor_options={"num_cpus": 0},
    )
    _check_free(host, port)
    serve.start(http_options={"host": host, "port": port})
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    try:
        serve.run(ingress.bind(networks), name=APP, route_prefix="/")
    except RuntimeError as error:
        first = " ".join(str(error).split())[:200]
        raise SettingError(f"The page did not come up on Ray Serve: {first}") from error
    try:
        print(f"Paragone serves http://{host}:{port}/ (Ctrl-C stops it)", flush=True)
        (until or threading.Event().wait)()
    except KeyboardInterrupt:
        print("Stopped.", flush=True)
    finally:
        serve.delete(APP)


def _application(build: str, name: str, environ: Mapping[str, str], host: str, port: int) -> Any:
    """Made in the page's own replica."""
    from fastapi import FastAPI
    from ray import serve

    os.environ.update(environ)
    private_temp(os.environ)
    carry()
    module, _, function = build.partition(":")
    handle = serve.get_deployment_handle(name, app_name=APP)
    page, answered = getattr(importlib.import_module(module), function)(handle)
    outer = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    outer.get(STATUS)(lambda: dict(answered()))
    return mount(page, host, port, outer)


def _check_free(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
