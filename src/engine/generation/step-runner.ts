/**
 * Runs a plan on a decoder and samples each row that gave logits, at once: a row is valid until the next run.
 *
 * A run that throws fails the sequences in it and no others. It changes no sequence: `Scheduler.commit` does.
 */
import { AppError, serializeError } from '../../common/errors/app-error.js';
import { NO_TOKEN } from '../sampling/argmax.js';
import type { Decoder } from './decoder.js';
import type { DecodeRun, PrefillChunk, SequenceOutcome, SequenceResult, StepOutcome, StepPlan } from './step-plan.js';

/** The next token of a sequence from its logits `[vocab]`, or `NO_TOKEN`. */
export type SampleRow = (sequence: number, logits: Float32Array) => number;

export async function runStep(plan: StepPlan, decoder: Decoder, sample: SampleRow): Promise<StepOutcome> {
  const outcome: StepOutcome = { results: [], runs: { succeeded: 0, failed: 0 } };
  const attempt = async (run: Promise<SequenceOutcome[]>, sequences: number[]) => {
    try {
      outcome.results.push(...(await run));
      outcome.runs.succeeded += 1;
    } catch (error) {
      const result: SequenceResult = { kind: 'failed', error: serializeError(error) };
      outcome.results.push(...sequences.map((sequence) => ({ sequence, result })));
      outcome.runs.failed += 1;
    }
  };
  for (const run of plan.decode) {
    await attempt(
      decode(run, decoder, sample),
      run.sequences.filter((id) => id !== null),
    );
  }
  if (plan.prefill !== null) await attempt(prefill(plan.prefill, decoder, sample), [plan.prefill.sequence]);
  return outcome;
}

async function decode(run: DecodeRun, decoder: Decoder, sample: SampleRow): Promise<SequenceOutcome[]> {
  const logits = await decoder.decode(run.window);
  const vocab = decoder.vocabSize;
  return run.sequences.flatMap((sequence, row) => {
    if (sequence === null) return [];
    const rowLogits = logits.subarray(row * vocab, (row + 1) * vocab);
    return [{ sequence, result: toResult(sample(sequence, rowLogits)) }];
  });
}

async function prefill(chunk: PrefillChunk, decoder: Decoder, sample: SampleRow): Promise<SequenceOutcome[]> {
  const { sequence } = chunk;
  const logits = await decoder.prefill(chunk.slot, chunk.tokens, chunk.pastLength);
  return [{ sequence, result: chunk.last ? toResult(sample(sequence, logits)) : { kind: 'advanced' } }];
}

function toResult(token: number): SequenceResult {
  if (token !== NO_TOKEN) return { kind: 'token', token };
  const message = 'the model gave no usable logits for this request (NaN, infinity, or every token is masked)';
  return { kind: 'failed', error: serializeError(new AppError('internal_error', message)) };
}
