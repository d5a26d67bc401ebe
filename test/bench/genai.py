"""onnxruntime-genai on the same file, one round per line read: `rows tokens` in, tokens per second out.

A peer for the bench; it needs `pip install onnxruntime-genai` in the interpreter that runs it. The model is loaded once. A round
decodes `rows` copies of the prompts as one fixed batch (all that it offers for this kind of export), greedily, without stopping early.
"""

import json
import sys
import time

import onnxruntime_genai as og

PROMPT_TOKENS = 42


def round_trip(model, rows: int, tokens: int) -> float:
    params = og.GeneratorParams(model)
    params.set_search_options(
        do_sample=False, batch_size=rows, max_length=PROMPT_TOKENS + tokens, min_length=PROMPT_TOKENS + tokens
    )
    generator = og.Generator(model, params)
    generator.append_tokens([[1 + (row * 7 + i) % 1000 for i in range(PROMPT_TOKENS)] for row in range(rows)])
    generator.generate_next_token()
    started = time.perf_counter()
    for _ in range(tokens - 1):
        generator.generate_next_token()
    return rows * (tokens - 1) / (time.perf_counter() - started)


def main() -> None:
    model = og.Model(sys.argv[1])
    print(json.dumps({"ready": True, "version": og.__version__}), flush=True)
    for line in sys.stdin:
        rows, tokens = (int(part) for part in line.split())
        print(json.dumps({"tokensPerSecond": round_trip(model, rows, tokens)}), flush=True)


main()
