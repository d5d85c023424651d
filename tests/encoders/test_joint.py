"""The joint encoder against its two parts."""

import numpy as np
import pytest
import torch

from dualamn.bench.synthetic_task import make_task
from dualamn.config import AlignerConfig
from dualamn.encoders.dual_amn_encoder import TrainedDualAMN
from dualamn.encoders.joint import Joint
from dualamn.encoders.propagation import Propagation
from dualamn.progress import silent

CPU = torch.device("cpu")
CONFIG = AlignerConfig(label_dim=48, relation_dim=6, neighbour_dim=5, dim=16, epochs=1)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_joined_cosines_are_the_weighted_mean_of_both(share: float) -> None:
    task = make_task(40)
    joint = Joint(task, CONFIG, CPU, share)
    joint.fit(task.seed_links, progress=silent, checkpoint=None, resume=False)
    network = TrainedDualAMN(task, CONFIG, CPU)
    network.fit(task.seed_links, progress=silent, checkpoint=None, resume=False)
    propagation = Propagation(task, CONFIG, CPU)
    propagation.fit(task.seed_links, progress=silent, checkpoint=None, resume=False)
    labels = propagation.embeddings()
    reached = np.linalg.norm(labels, axis=1) > 0
    rows = joint.embeddings()
    cosines = (1 - share) * network.embeddings() @ network.embeddings().T
    cosines += share * labels @ labels.T
    expected = cosines[reached][:, reached]
    np.testing.assert_allclose((rows @ rows.T)[reached][:, reached], expected, atol=1e-5)

    again = Joint(task, CONFIG, CPU, share)
    again.load_state(joint.state())
    np.testing.assert_array_equal(again.embeddings(), rows)
