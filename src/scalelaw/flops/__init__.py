"""Size and compute: conventions of C, a transformer's parameters and FLOP, and what embeddings do to N.

from scalelaw import flops
model = flops.Transformer(layers=80, width=8192, heads=64, vocabulary=32000)
flops.parameters(model).total
flops.training_flops(model, tokens=1.4e12, count="hoffmann")
"""

from scalelaw.flops.compute import CONVENTIONS as CONVENTIONS
from scalelaw.flops.compute import FLOP_COUNTS as FLOP_COUNTS
from scalelaw.flops.compute import PF_DAY as PF_DAY
from scalelaw.flops.compute import SIX_ND as SIX_ND
from scalelaw.flops.compute import Convention as Convention
from scalelaw.flops.compute import FlopCount as FlopCount
from scalelaw.flops.compute import convention as convention
from scalelaw.flops.compute import flop_count as flop_count
from scalelaw.flops.compute import training_flops as training_flops
from scalelaw.flops.transformer import COUNTS as COUNTS
from scalelaw.flops.transformer import OMEGA as OMEGA
from scalelaw.flops.transformer import Parameters as Parameters
from scalelaw.flops.transformer import Transformer as Transformer
from scalelaw.flops.transformer import active_parameters as active_parameters
from scalelaw.flops.transformer import non_embedding_of as non_embedding_of
from scalelaw.flops.transformer import omega as omega
from scalelaw.flops.transformer import parameters as parameters
from scalelaw.flops.transformer import total_of as total_of
