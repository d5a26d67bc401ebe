/**
 * How long a sequence may get before the graph itself changes its mind about positions.
 *
 * LongRoPE graphs hold two rotary tables and an `If` on the sequence's length: past the original context, the other
 * table serves the whole batch, and what is cached was rotated with the first (../spec/engine.md 3.5). Below that
 * length such a model is like any other, so the capacity ends there.
 */
import { AppError } from '../../common/errors/app-error.js';
import { integerConstant, type Graph } from '../onnx/graph.js';

/** Comparisons of a length on the left with a constant on the right; the last length that keeps the branch. */
const LAST_LENGTH: Readonly<Record<string, (constant: number) => number>> = {
  Greater: (constant) => constant,
  GreaterOrEqual: (constant) => constant - 1,
  LessOrEqual: (constant) => constant,
  Less: (constant) => constant - 1,
};

/**
 * @returns tokens up to which every `If` of the graph keeps its branch; infinite when there is none
 * @throws {AppError} `model_failed`: a switch that is not understood
 */
export function positionLimit(graph: Graph, modelFile: string): number {
  const switches = graph.nodes.filter((node) => node.opType === 'If');
  const limits = switches.map((node) => {
    const comparison = graph.producers.get(node.inputs[0]);
    const constant = comparison && integerConstant(graph, comparison.inputs[1] ?? '');
    const last = comparison && constant !== undefined && LAST_LENGTH[comparison.opType]?.(constant);
    if (last) return last;
    throw new AppError(
      'model_failed',
      `${modelFile} cannot be served: it switches branches on "${node.inputs[0]}", which is no comparison of a length ` +
        'with a constant.',
    );
  });
  return Math.min(Infinity, ...limits);
}
