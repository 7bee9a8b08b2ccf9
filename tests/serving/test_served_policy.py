"""A policy on a server is the policy that it is, or one line that says why it is not there."""

from __future__ import annotations

import copy
import http.server
import importlib.util
import pickle
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

pytest.importorskip("websockets", reason="needs the extra `serve`")
pytest.importorskip("msgpack", reason="needs the extra `serve`")

from websockets.sync.server import ServerConnection, serve

from evalsuite import __version__
from evalsuite.errors import PolicyFault, PolicyServerLost, UsageError
from evalsuite.policies.policy import Policy
from evalsuite.policies.references import load_policy, load_unchanged, parse_reference
from evalsuite.serving.codec import encode
from evalsuite.serving.messages import Act, Actions, Hello, spoken_spaces, written
from evalsuite.serving.served_policy import ServedPolicy
from evalsuite.testing import PolicyConformance
from tests.serving.server_process import ServerProcess, observation
from tests.worlds.stopping import stop

SERVED = "tests.serving.policies_to_serve:"
RECURRENT = "tests.runner.policies_on_trial:Recurrent"
TOKEN = "a-secret-of-sixteen-letters-or-more"


class Served(PolicyConformance):
    """Conformance over a real socket; the server lives as long as the class's tests."""

    reference: ClassVar[str]
    server: ClassVar[ServerProcess]

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _served(cls) -> Iterator[None]:
        with ServerProcess(cls.reference) as cls.server:
            yield

    def make_policy(self) -> Policy:
        return ServedPolicy(self.server.url)


class TestServedRecurrentPolicy(Served):
    reference = RECURRENT


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs the extra `torch`")
class TestServedTorchPolicy(Served):
    reference = "evalsuite.policies.small_network:untrained"


def count_sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many arrays to be kept each message brings, as they are sent."""
    sent: list[int] = []

    def counting(message: Act) -> bytes:
        sent.append(len(message.keep))
        return written(message)

    monkeypatch.setattr("evalsuite.serving.served_policy.written", counting)
    return sent


def refusal(url: str) -> str:
    with pytest.raises(UsageError) as refused:
        parse_reference(url)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_reference_asks_the_server_for_its_policys_label_and_hash() -> None:
    local = parse_reference(f"mine={RECURRENT}")
    with ServerProcess(f"mine={RECURRENT}") as server:
        reference = parse_reference(server.url)
        assert (reference.label, reference.reference, reference.kind) == ("mine", server.url, "served")
        assert reference.sha256 == local.sha256 == server.told["sha256"]
        assert not reference.beside_simulator
        assert parse_reference(f"other={server.url}").label == "other"
        assert isinstance(load_policy(reference), ServedPolicy)


def test_several_clients_at_once_are_answered_together_and_each_for_itself() -> None:
    def play(url: str, episode: int) -> list[list[float]]:
        with ServedPolicy(url) as policy:
            states: Any = [policy.initial_state(episode)]
            cameras = []
            for step in range(10):
                actions, states = policy.act([observation(episode, step)], states)
                cameras.append(actions[0]["camera"].tolist())
            return cameras

    with ServerProcess(f"{SERVED}TellsTheBatch") as server, ThreadPoolExecutor(4) as clients:
        played = list(clients.map(play, [server.url] * 4, range(4)))
    assert [[count for _, count in cameras] for cameras in played] == [list(range(1, 11))] * 4
    together = [rows for cameras in played for rows, _ in cameras]
    assert max(together) > 1


def test_what_a_policy_does_wrong_is_that_episodes_fault_and_no_others() -> None:
    with ServerProcess(f"{SERVED}Stumbles") as server, ServedPolicy(server.url) as policy:
        _, states = policy.act([observation(0, 0)], [policy.initial_state(0)])
        with pytest.raises(PolicyFault, match=r"act: RuntimeError: out of ideas \(policies_to_serve.py:\d+\)"):
            policy.act([observation(0, 1), observation(1, 0)], [*states, policy.initial_state(0)])
        with pytest.raises(PolicyFault, match="initial_state: RuntimeError: an unlucky number"):
            policy.act([observation(0, 0)], [policy.initial_state(13)])
        assert len(policy.act([observation(0, 1)], states)[0]) == 1


def test_what_a_policy_believes_of_the_target_comes_across() -> None:
    with ServerProcess(f"{SERVED}Predicts") as server, ServedPolicy(server.url) as policy:
        ((action,), _) = policy.act([observation(0, 0)], [policy.initial_state(0)])
    assert action["prediction"] == {"visible": 0.25, "point": (3.0, 4.5)}


def test_more_observations_than_go_into_one_message_are_answered_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalsuite.serving.served_policy.PART_BYTES", 1_000_000)
    sent = count_sent(monkeypatch)
    with ServerProcess(RECURRENT) as server, ServedPolicy(server.url) as policy:
        large = [observation(episode, 0, side=250) for episode in range(5)]
        states = [policy.initial_state(episode) for episode in range(5)]
        together, _ = policy.act(large, states)
        assert sent == [2 * 2, 2 * 2, 2]
        for episode in range(5):
            (alone,), _ = policy.act([large[episode]], [states[episode]])
            assert alone["camera"].tolist() == together[episode]["camera"].tolist()


def test_goal_pictures_travel_once_an_episode_whoever_copies_them(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = count_sent(monkeypatch)
    with ServerProcess("noop") as server, ServedPolicy(server.url) as policy:
        states: Any = [policy.initial_state(0)]
        for step in range(3):
            _, states = policy.act([observation(0, step)], states)
        frozen = observation(0, 3)
        frozen["goal_image"].flags.writeable = frozen["goal_mask"].flags.writeable = False
        _, states = policy.act([frozen], states)
        frozen = {**frozen, "goal_image": frozen["goal_image"] ^ np.uint8(1)}
        policy.act([frozen], states)
    assert sent == [2, 0, 0, 0, 1]


def test_a_state_stays_with_its_connection() -> None:
    with ServerProcess("noop") as server, ServedPolicy(server.url) as one, ServedPolicy(server.url) as other:
        _, states = one.act([observation(0, 0)], [one.initial_state(0)])
        with pytest.raises(PolicyServerLost, match="went with another connection"):
            other.act([observation(0, 1)], states)
        with pytest.raises(TypeError, match="can't leave the process"):
            pickle.dumps(states)
        copied = copy.deepcopy(list(states))
        del states
        assert len(one.act([observation(0, 1)], copied)[0]) == 1


def test_a_server_that_is_gone_is_told_at_once_and_again() -> None:
    with ServerProcess("noop") as server:
        policy = ServedPolicy(server.url)
        _, states = policy.act([observation(0, 0)], [policy.initial_state(0)])
        server.end(signal.SIGKILL)
        for _ in range(2):
            with pytest.raises(PolicyServerLost, match=f"the policy server {server.url} is lost"):
                policy.act([observation(0, 1)], states)
        assert f"nobody answers at {server.url}" in refusal(server.url)


def test_who_says_nothing_for_longer_than_it_took_to_connect_is_still_connected() -> None:
    with ServerProcess("noop") as server:
        policy = ServedPolicy(server.url, connect_seconds=4.0)
        time.sleep(4.5)
        assert len(policy.act([observation(0, 0)], [policy.initial_state(0)])[0]) == 1


def test_a_server_that_hangs_is_given_up_at_its_limit() -> None:
    with ServerProcess("noop") as server:
        policy = ServedPolicy(server.url, answer_seconds=0.5)
        stop(server.process.pid)
        with pytest.raises(PolicyServerLost, match=r"did not answer within 0\.5 s"):
            policy.act([observation(0, 0)], [policy.initial_state(0)])


def test_a_server_that_comes_back_is_waited_for_and_one_with_another_policy_is_refused() -> None:
    with ServerProcess("noop") as server:
        reference = parse_reference(server.url)
        server.end(signal.SIGKILL)
    with ThreadPoolExecutor(1) as meanwhile:
        loading = meanwhile.submit(load_unchanged, reference.reference, reference.sha256)
        with ServerProcess("noop", port=server.port):
            assert isinstance(loading.result(60.0), ServedPolicy)
    with ServerProcess("random", port=server.port), pytest.raises(UsageError, match="has changed since the run was"):
        load_unchanged(reference.reference, reference.sha256)


def test_a_token_is_asked_for_where_one_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    monkeypatch.delenv("EVALSUITE_TOKEN", raising=False)
    with ServerProcess("noop", "--token-file", str(file)) as server:
        assert "asks for a token: set EVALSUITE_TOKEN" in refusal(server.url)
        for wrong in (TOKEN[:-1] + "!", TOKEN + "x", TOKEN.upper()):
            monkeypatch.setenv("EVALSUITE_TOKEN", wrong)
            assert "does not take the token in EVALSUITE_TOKEN" in refusal(server.url)
        monkeypatch.setenv("EVALSUITE_TOKEN", TOKEN)
        assert parse_reference(server.url).label == "noop"
        assert "it showed no token" in server.said()
        assert "it showed another token" in server.said()
        assert TOKEN not in server.said()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_over_tls_the_certificate_has_to_be_trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key, chain = tmp_path / "key.pem", tmp_path / "chain.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(chain)),
            *("-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    with ServerProcess("noop", "--host", "localhost", "--certificate", str(chain), "--key", str(key)) as server:
        assert server.url.startswith("wss://localhost:")
        assert "can't be trusted" in refusal(server.url)
        monkeypatch.setenv("SSL_CERT_FILE", str(chain))
        with ServedPolicy(server.url) as policy:
            assert len(policy.act([observation(0, 0)], [policy.initial_state(0)])[0]) == 1


HELLO = Hello(evalsuite=__version__, spaces=spoken_spaces(), label="x", reference="noop", sha256="0" * 64)


@contextmanager
def saying(first: bytes | None, later: Callable[[ServerConnection], None] = lambda connection: None) -> Iterator[str]:
    """A server that begins with `first`."""

    def meet(connection: ServerConnection) -> None:
        if first is not None:
            connection.send(first)
        for _ in connection:
            later(connection)

    with serve(meet, "127.0.0.1", 0, compression=None, max_size=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join(30.0)


@pytest.mark.parametrize(
    ("hello", "sentence"),
    [
        ({"protocol": 2, "soul": "another"}, "it speaks version 2 of the protocol"),
        ({"evalsuite": "0.0.1"}, "is served by evalsuite 0.0.1 and this is"),
        ({"spaces": {}}, "other observations or actions"),
        ({"sha256": None}, "can't be understood: no hello: sha256"),
    ],
)
def test_a_server_of_another_kind_is_refused(hello: dict[str, Any], sentence: str) -> None:
    with saying(encode({**HELLO.model_dump(), **hello})) as url:
        assert sentence in refusal(url)


def test_a_server_that_says_nothing_or_nonsense_is_refused() -> None:
    with saying(b"\xc1") as url:
        assert "can't be understood: not msgpack" in refusal(url)
    with saying(None) as url, pytest.raises(UsageError, match=r"does not say which|did not answer"):
        ServedPolicy(url, connect_seconds=0.5)


@pytest.mark.parametrize("answer", [b"\xc1", written(Actions(answers=[])), written(HELLO)])
def test_a_server_that_answers_with_nonsense_is_lost(answer: bytes) -> None:
    with saying(written(HELLO), lambda connection: connection.send(answer)) as url:
        policy = ServedPolicy(url)
        with pytest.raises(PolicyServerLost):
            policy.act([observation(0, 0)], [policy.initial_state(0)])


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("ws://127.0.0.1:1", "nobody answers at ws://127.0.0.1:1"),
        ("ws://127.0.0.1", "it names no port, so 80 was tried"),
        ("ws://", "no address of a policy server"),
        ("ws://:8765", "no address of a policy server"),
        ("ws://host:port", "no address of a policy server"),
        ("ws://host:99999", "no address of a policy server"),
        ("ws://a host:1", "no address of a policy server"),
        ("ws://me:secret@host:1", "put a token into EVALSUITE_TOKEN"),
        ("ws://host:1?token=secret", "put a token into EVALSUITE_TOKEN"),
    ],
)
def test_an_address_where_no_policy_is_gets_one_line(url: str, sentence: str) -> None:
    assert sentence in refusal(url)
    assert sentence in refusal(f"mine={url}")


def test_who_is_no_policy_server_is_told_so() -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as page:
        threading.Thread(target=page.serve_forever, daemon=True).start()
        assert "is no policy server" in refusal(f"ws://127.0.0.1:{page.server_port}")
        page.shutdown()
