from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("websockets", reason="needs the extra `serve`")
pytest.importorskip("msgpack", reason="needs the extra `serve`")

from evalsuite.commands.main import main
from evalsuite.errors import PolicyServerLost
from evalsuite.policies.references import parse_reference
from evalsuite.runner.environment_variables import ONE_THREAD
from evalsuite.serving.served_policy import ServedPolicy
from tests.serving.server_process import ServerProcess, observation

LIMIT_SECONDS = 60.0
TOKEN = "a-secret-of-sixteen-letters-or-more"


def test_what_can_not_be_served_gets_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EVALSUITE_TOKEN", raising=False)
    for variable in ONE_THREAD:
        monkeypatch.setenv(variable, "1")
    (tmp_path / "short").write_text("secret\n")
    (tmp_path / "broken.pt").write_bytes(b"PK\x03\x04 and no more")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for arguments, message in [
            (("oracle",), "has to be beside the simulator"),
            (("nothing",), "there is no policy 'nothing'"),
            (("torchscript:broken.pt",), "broken.pt"),
            (("tests.runner.policies_on_trial:unloadable",), "the weights are gone"),
            (("noop", "--host", "0.0.0.0"), "clients have to show a token: name its file with --token-file"),
            (("noop", "--host", "0.0.0.0", "--token-file", "short"), "at least 16 letters"),
            (("noop", "--token-file", "nowhere"), "can't read a token from nowhere: No such file"),
            (("noop", "--key", "short"), "name it with --certificate"),
            (("noop", "--certificate", "short"), "can't serve with the certificate short"),
            (("noop", "--rows", "0"), "is not a number of episodes"),
            (("noop", "--token", TOKEN), "unrecognized arguments"),
            (("noop", "--port", port), "Address already in use"),
            (("noop", "--port", "65536"), "is not a port"),
        ]:
            assert main(["serve-policy", "--port", "0", *arguments]) == 2
            said = capsys.readouterr()
            assert said.out == ""
            assert message in said.err
            assert len(said.err.splitlines()) == 1, said.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_in_good_order_when_told_to(number: signal.Signals) -> None:
    with ServerProcess("noop") as server, ServedPolicy(server.url) as policy:
        assert len(policy.act([observation(0, 0)], [policy.initial_state(0)])[0]) == 1
        assert server.end(number) == 0
        assert "Traceback" not in server.said()


@pytest.mark.parametrize(("policy", "code"), [("Hangs", 0), ("Leaves", 2)])
def test_it_ends_even_if_the_policy_hangs_or_leaves(policy: str, code: int) -> None:
    with ServerProcess(f"tests.serving.policies_to_serve:{policy}") as server:
        client = ServedPolicy(server.url)
        with ThreadPoolExecutor(1) as meanwhile:
            asking = meanwhile.submit(client.act, [observation(0, 0)], [client.initial_state(0)])
            if policy == "Hangs":
                wait_until(lambda: "acting" in server.said())
                assert server.end() == code
            with pytest.raises(PolicyServerLost):
                asking.result(LIMIT_SECONDS)
        assert server.process.wait(LIMIT_SECONDS) == code
        assert server.said().splitlines()[-1].startswith("evalsuite: ")
        assert "Traceback" not in server.said()


def test_beyond_this_machine_it_is_reached_by_name_with_the_token(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EVALSUITE_TOKEN", TOKEN)
    with ServerProcess("mine=noop", "--host", "0.0.0.0") as server:
        assert server.url == f"ws://{socket.gethostname()}:{server.port}"
        assert parse_reference(f"ws://127.0.0.1:{server.port}").label == "mine"
        assert TOKEN not in " ".join(server.process.args if isinstance(server.process.args, list) else [])


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + LIMIT_SECONDS
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)
