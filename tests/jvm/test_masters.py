import socket
from collections.abc import Iterator

import pytest

from ppf_core.errors import RunError
from ppf_core.jvm.masters import MasterError, require_reachable, without_parameters


@pytest.fixture
def open_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize("url", ["local[*]", "local-cluster[1,1,1024]", "yarn", ""])
def test_a_master_without_an_address_passes(url: str) -> None:
    require_reachable(url)


@pytest.mark.parametrize(
    "url", ["spark://127.0.0.1:{}", "k8s://http://127.0.0.1:{}", "k8s://127.0.0.1:{}", "sc://127.0.0.1:{}/;token=x"]
)
def test_a_master_that_listens_passes(url: str, open_port: int) -> None:
    require_reachable(url.format(open_port))


def test_one_of_several_masters_is_enough(open_port: int, closed_port: int) -> None:
    require_reachable(f"spark://127.0.0.1:{closed_port},127.0.0.1:{open_port}")


def test_a_master_that_is_not_there_is_one_line_at_once(closed_port: int) -> None:
    with pytest.raises(RunError) as caught:
        require_reachable(f"spark://127.0.0.1:{closed_port}")
    assert f"The Spark master 'spark://127.0.0.1:{closed_port}' cannot be reached" in caught.value.message
    assert "Connection refused" in caught.value.message


def test_a_server_that_is_not_there_is_named_without_its_token(closed_port: int) -> None:
    with pytest.raises(RunError) as caught:
        require_reachable(f"sc://127.0.0.1:{closed_port}/;token=s3cret")
    assert "Spark Connect server" in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("url", ["spark://host", "spark://", "spark://host:port", "spark://a:1:2"])
def test_an_address_that_is_none_shows_how_one_looks(url: str) -> None:
    with pytest.raises(RunError, match=r"is no address of a Spark master\. It looks like 'spark://host:7077'"):
        require_reachable(url)


@pytest.mark.parametrize("url", ["locl[2]", "Local[2]", "http://host:7077", "foo"])
def test_what_is_no_master_at_all_is_refused_before_a_jvm_is_started(url: str) -> None:
    with pytest.raises(MasterError, match=r"Spark knows no master .*Write \"local\[4\]\""):
        require_reachable(url)


def test_parameters_are_cut_off() -> None:
    assert without_parameters("sc://h:1/;token=a;user_id=b") == "sc://h:1/"
