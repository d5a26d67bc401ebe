/**
 * What a model file says about itself beyond its inputs and outputs: versions, origin, and the operators it uses.
 *
 * It reads the file's own protobuf: the runtime leaves out the producer's version and every operator.
 */
import { ATTRIBUTE, FUNCTION, GRAPH, METADATA, MODEL, NODE, OPSET } from '../onnx/schema.js';
import { decodeFields, integersAt, textAt, type Field } from '../onnx/wire.js';
import type { PredictLoadReport } from '../protocol.js';

export interface GraphFacts {
  graph: PredictLoadReport['graph'];
  /** Operator types anywhere: graph, subgraphs, functions of the model. */
  operators: ReadonlySet<string>;
}

/** @throws {RangeError} when the bytes are no ONNX model */
export function readGraphFacts(bytes: Uint8Array): GraphFacts {
  const model = decodeFields(bytes);
  const graphField = model.findLast((field) => field.number === MODEL.graph);
  if (graphField === undefined) throw new RangeError('there is no graph in the model');
  const graph = decodeFields(graphField.value);
  const operators = new Set<string>();
  collectOperators(graph, GRAPH.node, operators);
  for (const field of model.filter(({ number }) => number === MODEL.functions)) {
    collectOperators(decodeFields(field.value), FUNCTION.node, operators);
  }
  return {
    graph: {
      opsets: Object.fromEntries(entriesAt(model, MODEL.opsetImport, readOpset)),
      irVersion: integersAt(model, MODEL.irVersion)[0] ?? 0,
      producer: textAt(model, MODEL.producer),
      producerVersion: textAt(model, MODEL.producerVersion),
      domain: textAt(model, MODEL.domain),
      name: textAt(graph, GRAPH.name),
      description: textAt(model, MODEL.description),
      modelVersion: integersAt(model, MODEL.modelVersion)[0]?.toString() ?? '',
      custom: Object.fromEntries(entriesAt(model, MODEL.metadata, readMetadata)),
    },
    operators,
  };
}

function entriesAt<V>(fields: Field[], number: number, read: (entry: Field[]) => [string, V]): [string, V][] {
  return fields.filter((field) => field.number === number).map((field) => read(decodeFields(field.value)));
}

/** ONNX's own operators have two spellings: the empty domain and `ai.onnx`. */
function readOpset(entry: Field[]): [string, number] {
  return [textAt(entry, OPSET.domain) || 'ai.onnx', integersAt(entry, OPSET.version)[0] ?? 0];
}

function readMetadata(entry: Field[]): [string, string] {
  return [textAt(entry, METADATA.key), textAt(entry, METADATA.value)];
}

function collectOperators(holder: Field[], nodeNumber: number, operators: Set<string>): void {
  for (const { number, value } of holder) {
    if (number !== nodeNumber) continue;
    const node = decodeFields(value);
    operators.add(textAt(node, NODE.opType));
    for (const attribute of node.filter((field) => field.number === NODE.attribute)) {
      for (const field of decodeFields(attribute.value)) {
        const isGraph = field.number === ATTRIBUTE.graph || field.number === ATTRIBUTE.graphs;
        if (isGraph) collectOperators(decodeFields(field.value), GRAPH.node, operators);
      }
    }
  }
}
