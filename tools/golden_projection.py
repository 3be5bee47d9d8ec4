#!/usr/bin/env python3
"""Writes tests/golden/projection.json: what scikit-learn makes of a few vectors. Needs numpy and scikit-learn 1.5 or newer."""

import json
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

rng = np.random.default_rng(7)
centres = rng.normal(size=(4, 8))
rows = np.concatenate([c + 0.6 * rng.normal(size=(15, 8)) for c in centres])
rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
pca = PCA(n_components=2, svd_solver="full").fit(rows.astype(np.float64))
places = pca.transform(rows.astype(np.float64))
scattered = rng.permutation(places)
golden = {
    "rows": [[round(float(v), 8) for v in row] for row in rows],
    "pca": [[round(float(v), 7) for v in place] for place in places],
    "explained": [round(float(v), 7) for v in pca.explained_variance_ratio_],
    "trust": {str(k): round(float(trustworthiness(rows, places, n_neighbors=k)), 7) for k in (1, 5, 10)},
    "scattered": [[round(float(v), 7) for v in place] for place in scattered],
    "trust_scattered": round(float(trustworthiness(rows, scattered, n_neighbors=5)), 7),
}
out = Path(__file__).resolve().parent.parent / "tests/golden/projection.json"
out.write_text(json.dumps(golden) + "\n", encoding="utf-8")
