/**
 * Requests joined in one run get what they get alone, on real models.
 */
import { describe, expect, it } from 'vitest';
import type { FromEngine, NamedValue } from '../../src/engine/protocol.js';
import { difference } from '../../src/engine/tensors/compare-values.js';
import { loadTensors } from '../../src/engine/tensors/load-tensors.js';
import { RunLoop } from '../../src/engine/tensors/run-loop.js';
import { PREDICT_OPTIONS } from '../support/onnx/tensor-models.js';
import { goldenInputs, PREDICT_MODELS, predictModels, readGoldens } from './predict-golden-files.js';

type Answer = Extract<FromEngine, { kind: 'result' | 'runError' }>;

/** Each golden's rows in one request, all of them at once, four times over. */
async function answersOf(model: string, batching: 'off' | 'auto'): Promise<{ answers: Answer[]; reason: string }> {
  const file = `${PREDICT_MODELS}/${model}/model.onnx`;
  const { session, report } = await loadTensors(file, { ...PREDICT_OPTIONS, batching, maxBatch: 16 }, '1');
  const required = report.inputs.filter((input) => !input.optional).map((input) => input.name);
  const cases: NamedValue[][] = readGoldens(model).cases.flatMap((golden) => {
    const inputs = golden.expect_error === undefined ? goldenInputs(golden) : null;
    return inputs === null ? [] : [inputs];
  });
  const requests = Array.from({ length: 4 }, () => cases).flat();
  const answers = await new Promise<Answer[]>((resolve) => {
    const posted: Answer[] = [];
    const loop = new RunLoop({
      runner: session,
      joinedInputs: report.batching.enabled ? new Set(required) : null,
      limits: { maxBatch: 16, maxDelayMs: 0 },
      announce: async () => undefined,
      post: (message) => {
        posted.push(message);
        if (posted.length === requests.length) resolve(posted);
      },
      nowMs: () => 0,
    });
    for (const [id, inputs] of requests.entries()) loop.submit({ id, inputs, outputs: null, alone: false });
  });
  session.dispose();
  return { answers: answers.toSorted((a, b) => a.id - b.id), reason: report.batching.reason };
}

describe.skipIf(predictModels.length === 0)('joined requests', () => {
  it.each([
    'batch-friendly',
    'iris-logreg',
    'iris-zipmap-columns',
    'diabetes-regressor',
    'penguins-mixed',
    'text-tfidf',
    'wine-logreg-float64',
    'xgboost-breast-cancer',
    'add-symbolic',
    'external-data',
  ])('get what they get alone: %s', async (model) => {
    const off = await answersOf(model, 'off');
    const auto = await answersOf(model, 'auto');
    expect(off.answers.every((answer) => answer.kind === 'result' && answer.timings.batchSize === 1)).toBe(true);
    expect(
      Math.max(...auto.answers.map((answer) => (answer.kind === 'result' ? answer.timings.batchSize : 0))),
    ).toBeGreaterThan(1);
    const differences = auto.answers.flatMap((answer, i) => {
      const alone = off.answers[i];
      if (answer.kind !== 'result' || alone.kind !== 'result') throw new Error('a run failed');
      return answer.outputs.map(({ value }, k) => difference(value, alone.outputs[k].value));
    });
    // Kernels for one row and for several may add in another order: the last bit of a float32.
    expect(Math.max(...differences)).toBeLessThanOrEqual(2e-7);
    if (model === 'batch-friendly') expect(Math.max(...differences)).toBe(0);
  });
});
