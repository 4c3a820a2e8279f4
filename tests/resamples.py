"""What a replicate of a bootstrap drew, so that tests can fit it again, slowly."""

import numpy as np

import scalelaw as sl
from scalelaw.fitting.refits import Sample, draw_samples


def drawn(draws: sl.Draws, replicate: int) -> Sample:
    """Losses on the estimator's scale, and how often each run counts."""
    target = np.asarray(draws.fit.sample.target)[: len(draws.fit.runs)]
    draw = draws.resampler.draw(draws.fit)
    made = draw_samples(
        Sample(target, np.ones(len(target))), draw, draws.replicates[[replicate]].astype(np.uint32), at_once=1
    )
    return Sample(*(np.atleast_2d(own)[0] for own in made))
