from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.runner.on_ray.real_cluster import RealCluster, cluster_of_two_nodes


@pytest.fixture(scope="package")
def whole_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealCluster]:
    pytest.importorskip("ray", reason="ray is not installed: pip install 'evalsuite[ray]'")
    # Asked for now, for the cluster has a temporary folder of its own, in which pytest's own must not lie.
    tmp_path_factory.getbasetemp()
    with cluster_of_two_nodes() as cluster:
        yield cluster


@pytest.fixture
def cluster(whole_cluster: RealCluster) -> Iterator[RealCluster]:
    """Fails the test when its runs leave anything behind."""
    yield whole_cluster
    assert whole_cluster.remains() == []
