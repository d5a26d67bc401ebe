/**
 * A model whose one run takes a while.
 */
import type { ModelParts } from './onnx-writer.js';

/** A matrix multiplied by itself again and again. */
export function slowModel(products: number, size: number): ModelParts {
  return {
    nodes: Array.from({ length: products }, (_, i) => ({
      op: 'MatMul',
      inputs: [i === 0 ? 'x' : `x${i}`, 'x'],
      outputs: [i === products - 1 ? 'y' : `x${i + 1}`],
    })),
    inputs: [{ name: 'x', type: 'float32', shape: [size, size] }],
    outputs: [{ name: 'y', type: 'float32', shape: [size, size] }],
  };
}
