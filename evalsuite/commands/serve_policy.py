"""`evalsuite serve-policy`: a policy for evaluations that run on other machines."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import ssl
from pathlib import Path

from evalsuite.errors import UsageError
from evalsuite.extras import install_command
from evalsuite.runner.environment_variables import ONE_THREAD

PORT = 8765


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "exit code: 0 it was told to stop, 2 it can't be served; a token never stands in the command line"
    parser.add_argument(
        "policy",
        metavar="[LABEL=]REF",
        help="noop, random, doom-pretrained, doom-finetuned, package.module:factory, torchscript:FILE, "
        "export:FILE.pt2, rocket2:PATH or rocket3:PATH",
    )
    parser.add_argument(
        "--port", metavar="N", type=_port, default=PORT, help=f"default: {PORT}; 0 for any that is free"
    )
    parser.add_argument(
        "--host",
        metavar="ADDRESS",
        default="127.0.0.1",
        help="where to listen: 0.0.0.0 lets other machines in, who then have to show a token; default: 127.0.0.1",
    )
    parser.add_argument(
        "--token-file",
        metavar="FILE",
        type=Path,
        help="holds the token that clients have to show; default: the environment variable EVALSUITE_TOKEN, which is "
        "where clients have it, too",
    )
    parser.add_argument("--certificate", metavar="FILE", type=Path, help="serve wss:// with this chain, in PEM")
    parser.add_argument("--key", metavar="FILE", type=Path, help="the certificate's private key, in PEM")
    parser.add_argument(
        "--rows", metavar="N", type=_rows, default=64, help="the most episodes in one call; default: 64"
    )
    parser.add_argument("--trust-checkpoint", action="store_true", help="allow a checkpoint to run code on loading")
    parser.add_argument("--json", action="store_true", help="say where it is served in one JSON object")


def execute(arguments: argparse.Namespace) -> int:
    use_one_thread()
    from evalsuite.policies.references import parse_reference

    try:
        from evalsuite.serving.access_token import token_here
        from evalsuite.serving.server import bound, loaded, serve_policy, url_of
    except ImportError as error:
        raise UsageError(
            f"serving a policy needs websockets and msgpack ({error}): {install_command('serve')}"
        ) from error

    reference = parse_reference(arguments.policy)
    token = token_here(arguments.token_file)
    certificate = _certificate(arguments.certificate, arguments.key)
    with bound(arguments.host, arguments.port, guarded=bool(token)) as listener:
        batches = loaded(reference, rows=arguments.rows, trust_checkpoint=arguments.trust_checkpoint)

        def announce() -> None:
            url = url_of(listener, arguments.host, secure=certificate is not None)
            told = {"reference": url, "label": reference.label, "sha256": reference.sha256}
            line = f"{reference.label} ({reference.sha256[:12]}) is served: evalsuite run SUITE --policy {url}"
            print(json.dumps(told) if arguments.json else line, flush=True)

        asyncio.run(serve_policy(reference, batches, listener, announce, token=token, certificate=certificate))
    return 0


def use_one_thread() -> None:
    """As a policy's process has it in a run, unless the person's environment says otherwise: the number of threads
    changes the last bits of results. The libraries look when they are imported, numpy included."""
    for variable, value in ONE_THREAD.items():
        os.environ.setdefault(variable, value)


def _certificate(chain: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if chain is None:
        if key is not None:
            raise UsageError("--key belongs to a certificate; name it with --certificate FILE")
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(chain, key)
    except OSError as error:
        raise UsageError(f"can't serve with the certificate {chain}: {error.strerror or error}") from error
    return context


def _port(text: str) -> int:
    return _number(text, least=0, most=65535, what="a port")


def _rows(text: str) -> int:
    return _number(text, least=1, most=4096, what="a number of episodes")


def _number(text: str, *, least: int, most: int, what: str) -> int:
    if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
        raise argparse.ArgumentTypeError(f"{text!r} is not {what} from {least} to {most}")
    return int(text)
