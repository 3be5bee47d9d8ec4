#!/usr/bin/env python3
"""Benchmark of the index against hnswlib, faiss and usearch: same data, same run, one thread, processor time.

    pip install numpy hnswlib faiss-cpu usearch
    cargo build --release -p audiosearch-tools --bin index_bench
    tools/benchmarks/bench_index.py --sizes 10000,100000
    tools/benchmarks/bench_index.py --sizes 1000000 --libraries ours,hnswlib,faiss --width 100
    tools/benchmarks/bench_index.py --npy embeddings.npy            # rows made by `audiosearch embed`

Generated data: one Gaussian cluster a hundred rows, unit length. Queries come from the same clusters; of an .npy, every
hundredth row is a query and is taken out. Truth is by brute force. Every library has M = 16 and the same
construction width. The libraries' searches are interleaved, `--rounds` times each, and the median is kept, so a busy
machine slows all alike. Every library and every cold start has a process of its own.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np  # noqa: E402

K = 10
M = 16
LIBRARIES = ["ours", "hnswlib", "faiss", "faiss_sq8", "usearch"]


def generated(rows, dimension, queries, seed=1):
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((max(10, rows // 100), dimension), dtype=np.float32)

    def sample(count):
        points = centres[rng.integers(0, len(centres), count)]
        points += 0.9 * rng.standard_normal((count, dimension), dtype=np.float32)
        return points / np.linalg.norm(points, axis=1, keepdims=True)

    return sample(rows), sample(queries)


def from_npy(path):
    rows = np.load(path).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    asked = np.zeros(len(rows), bool)
    asked[:: max(100, len(rows) // 1000)] = True
    return rows[~asked], rows[asked]


def truth(rows, queries):
    best = [np.argpartition(-(queries[i : i + 50] @ rows.T), K, axis=1)[:, :K] for i in range(0, len(queries), 50)]
    return np.concatenate(best).astype("<u4")


class Hnswlib:
    def build(self, rows, width):
        import hnswlib

        self.index = hnswlib.Index("ip", rows.shape[1])
        self.index.init_index(len(rows), ef_construction=width, M=M)
        self.index.set_num_threads(1)
        self.index.add_items(rows, num_threads=1)

    def save(self, path):
        self.index.save_index(path)

    def load(self, path, dimension):
        import hnswlib

        self.index = hnswlib.Index("ip", dimension)
        self.index.load_index(path)
        self.index.set_num_threads(1)

    def search(self, queries, ef):
        self.index.set_ef(max(ef, K))
        return self.index.knn_query(queries, K, num_threads=1)[0]


class Faiss:
    def build(self, rows, width):
        import faiss

        faiss.omp_set_num_threads(1)
        self.index = faiss.IndexHNSWFlat(rows.shape[1], M, faiss.METRIC_INNER_PRODUCT)
        self.index.hnsw.efConstruction = width
        self.index.add(rows)

    def save(self, path):
        import faiss

        faiss.write_index(self.index, path)

    def load(self, path, dimension):
        import faiss

        faiss.omp_set_num_threads(1)
        self.index = faiss.read_index(path)

    def search(self, queries, ef):
        self.index.hnsw.efSearch = ef
        return self.index.search(queries, K)[1]


class FaissSq8(Faiss):
    """What comes nearest to ours: a graph over one byte a component, then the best twice as many by their floats."""

    def build(self, rows, width):
        import faiss

        faiss.omp_set_num_threads(1)
        graph = faiss.IndexHNSWSQ(rows.shape[1], faiss.ScalarQuantizer.QT_8bit, M, faiss.METRIC_INNER_PRODUCT)
        graph.hnsw.efConstruction = width
        self.index = faiss.IndexRefineFlat(graph)
        self.index.train(rows)
        self.index.add(rows)

    def search(self, queries, ef):
        import faiss

        graph = faiss.SearchParametersHNSW(efSearch=max(ef, 2 * K))
        both = faiss.IndexRefineSearchParameters(k_factor=2, base_index_params=graph)
        return self.index.search(queries, K, params=both)[1]


class Usearch:
    def build(self, rows, width):
        from usearch.index import Index

        self.index = Index(
            ndim=rows.shape[1], metric="ip", dtype="f32", connectivity=M, expansion_add=width, expansion_search=64
        )
        self.index.add(np.arange(len(rows)), rows, threads=1)

    def save(self, path):
        self.index.save(path)

    def load(self, path, dimension):
        from usearch.index import Index

        self.index = Index.restore(path, view=True)

    def search(self, queries, ef):
        self.index.expansion_search = ef
        return self.index.search(queries, K, threads=1).keys


PEERS = {"hnswlib": Hnswlib, "faiss": Faiss, "faiss_sq8": FaissSq8, "usearch": Usearch}
MODULES = {"hnswlib": "hnswlib", "faiss": "faiss", "faiss_sq8": "faiss", "usearch": "usearch.index"}


def recall(found, true):
    return float(np.mean([len(set(a.tolist()) & set(b.tolist())) for a, b in zip(found, true)])) / K


def memory(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name + ":"))


def peer(command, name, folder, dimension, arguments):
    """One command of one library, in this process of its own; prints a line of JSON."""
    library, path = PEERS[name](), str(folder / f"{name}.index")
    queries = np.fromfile(folder / "queries.f32", "<f4").reshape(-1, dimension)
    if command == "build":
        rows = np.fromfile(folder / "rows.f32", "<f4").reshape(-1, dimension)
        __import__(MODULES[name])
        before = memory("VmRSS")
        started = time.process_time()
        library.build(rows, int(arguments[0]))
        library.save(path)
        spent = time.process_time() - started
        peak = memory("VmHWM") - before + rows.nbytes
        return {"build_cpu": spent, "peak_bytes": peak, "file_bytes": os.path.getsize(path)}
    if command == "cold":
        __import__(MODULES[name])
        started = time.perf_counter()
        library.load(path, dimension)
        library.search(queries[:1], 64)
        return {"answer_ms": (time.perf_counter() - started) * 1e3}
    library.load(path, dimension)
    true = np.fromfile(folder / "truth.u32", "<u4").reshape(-1, K)
    curve = []
    for ef in map(int, arguments[0].split(",")):
        found = recall(library.search(queries, ef), true)
        started, asked = time.process_time(), 0
        while time.process_time() - started < float(arguments[1]):
            library.search(queries, ef)
            asked += len(queries)
        curve.append({"ef": ef, "recall": found, "qps": asked / (time.process_time() - started)})
    return {"curve": curve}


def run(command):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def at_recall(curve, wanted):
    """Queries a second where the curve reaches `wanted`, between its points."""
    for low, high in zip([None, *curve], curve):
        if high["recall"] >= wanted:
            if low is None:
                return high["qps"]
            part = (wanted - low["recall"]) / (high["recall"] - low["recall"])
            return low["qps"] + part * (high["qps"] - low["qps"])
    return None


def measure(name, rows, queries, libraries, options):
    dimension = rows.shape[1]
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        folder = Path(folder)
        rows.astype("<f4").tofile(folder / "rows.f32")
        queries.astype("<f4").tofile(folder / "queries.f32")
        true = truth(rows, queries)
        true.tofile(folder / "truth.u32")
        count = len(rows)
        del rows
        store = str(folder / "store")

        def call(library, command, *arguments):
            if library == "ours":
                given = {
                    "build": [str(folder / "rows.f32"), str(dimension), "50"],
                    "search": [str(folder / "queries.f32"), str(dimension), str(folder / "truth.u32"), *arguments],
                    "cold": [str(folder / "queries.f32"), str(dimension), *arguments],
                    "add": [str(folder / "more.f32"), str(dimension)],
                }[command]
                return run([options.binary, command, store, *given])
            return run([sys.executable, __file__, "--peer", command, library, str(folder), str(dimension), *arguments])

        results = {library: call(library, "build", str(options.width)) for library in libraries}
        curves = {library: [] for library in libraries}
        for _ in range(options.rounds):
            for library in libraries:
                curves[library].append(call(library, "search", options.efs, str(options.seconds))["curve"])
        for library in libraries:
            rounds = curves[library]
            curve = [
                {**points[0], "qps": statistics.median(p["qps"] for p in points)} for points in zip(*rounds)
            ]
            results[library]["curve"] = curve
            results[library]["qps@.99"] = at_recall(curve, 0.99)
            cold = [call(library, "cold") for _ in range(5)]
            results[library]["cold_ms"] = statistics.median(c["answer_ms"] for c in cold)
            if library == "ours":
                results[library]["cold_peak_bytes"] = max(c["peak_bytes"] for c in cold)
        if "ours" in libraries:
            exact = [call("ours", "cold", "exact")["answer_ms"] for _ in range(5)]
            results["ours"]["cold_exact_ms"] = statistics.median(exact)
            if options.drop_caches:
                subprocess.run(["sync"], check=True)
                Path("/proc/sys/vm/drop_caches").write_text("3")
                results["ours"]["cold_dropped_ms"] = call("ours", "cold")["answer_ms"]
            more = generated(1000, dimension, 1, seed=7)[0]
            more.astype("<f4").tofile(folder / "more.f32")
            results["ours"]["add_1000"] = call("ours", "add")
    report(name, count, dimension, results)
    return {"name": name, "rows": count, "dimension": dimension, "results": results}


def report(name, rows, dimension, results):
    print(f"\n{name}: {rows:,} × {dimension}\n")
    heads = ["library", "queries a CPU second at recall .99", "build CPU s", "build memory MB", "file MB"]
    print("| " + " | ".join([*heads, "cold first answer ms"]) + " |")
    print("|---|---|---|---|---|---|")
    for library, r in results.items():
        qps = f"{r['qps@.99']:,.0f}" if r["qps@.99"] else "not reached"
        print(
            f"| {library} | {qps} | {r['build_cpu']:.1f} | {r['peak_bytes'] / 1e6:.0f} "
            f"| {r['file_bytes'] / 1e6:.0f} | {r['cold_ms']:.2f} |"
        )
    print()
    for library, r in results.items():
        points = ", ".join(f"{p['recall']:.4f} {p['qps']:,.0f}" for p in r["curve"])
        print(f"{library}: {points}")
    if "ours" in results:
        ours = {k: v for k, v in results["ours"].items() if k != "curve"}
        best = max((r["qps@.99"] or 0 for name, r in results.items() if name != "ours"), default=0)
        if best and ours["qps@.99"]:
            print(f"ours / best other at recall .99: {ours['qps@.99'] / best:.2f}")
        print(json.dumps(ours), flush=True)


def main():
    if sys.argv[1:2] == ["--peer"]:
        command, name, folder, dimension, *arguments = sys.argv[2:]
        print(json.dumps(peer(command, name, Path(folder), int(dimension), arguments)))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,100000", help="rows of generated data, by comma")
    parser.add_argument("--dimension", type=int, default=128)
    parser.add_argument("--npy", action="append", default=[], help="rows to use beside the generated ones")
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--width", type=int, default=200, help="ef_construction of the others")
    parser.add_argument("--efs", default="12,16,24,32,48,64,96,128,192,256")
    parser.add_argument("--seconds", type=float, default=0.5, help="processor time for each point of the curve")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--libraries", default=",".join(LIBRARIES))
    parser.add_argument("--binary", default="target/release/index_bench")
    parser.add_argument("--folder", help="where to put data, some gigabytes at 1,000,000 rows")
    parser.add_argument("--drop-caches", action="store_true", help="also measure a cold disk; needs root")
    parser.add_argument("--json", help="where to write all figures")
    options = parser.parse_args()
    libraries = options.libraries.split(",")
    done = []
    for size in filter(None, options.sizes.split(",")):
        rows, queries = generated(int(size), options.dimension, options.queries)
        done.append(measure("generated", rows, queries, libraries, options))
    for path in options.npy:
        rows, queries = from_npy(path)
        done.append(measure(Path(path).stem, rows, queries, libraries, options))
    if options.json:
        Path(options.json).write_text(json.dumps(done, indent=1))


if __name__ == "__main__":
    main()
