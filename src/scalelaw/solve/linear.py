"""Small symmetric systems, unrolled.

Every entry is a vector over lanes, so the compiler fuses across lanes.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float


def solve_symmetric(A: Float[Array, "p p"], b: Float[Array, " p"]) -> Float[Array, " p"]:
    """Solve A x = b for a small positive definite A by an unrolled L D L' factorisation.

    A matrix that is not positive definite gives an x that is not a descent direction or not finite; callers
    test for that instead of this function.
    """
    p = b.shape[0]
    L: list[list[Array]] = [[] for _ in range(p)]
    D: list[Array] = []
    for i in range(p):
        for j in range(i):
            inner = sum((L[i][k] * L[j][k] * D[k] for k in range(j)), start=jnp.zeros(()))
            L[i].append((A[i, j] - inner) / D[j])
        D.append(A[i, i] - sum((L[i][k] ** 2 * D[k] for k in range(i)), start=jnp.zeros(())))
    z: list[Array] = []
    for i in range(p):
        z.append(b[i] - sum((L[i][k] * z[k] for k in range(i)), start=jnp.zeros(())))
    x: list[Array] = [z_i / D_i for z_i, D_i in zip(z, D, strict=True)]
    for i in reversed(range(p)):
        x[i] = x[i] - sum((L[k][i] * x[k] for k in range(i + 1, p)), start=jnp.zeros(()))
    return jnp.stack(x)
