/**
 * The graph edit that makes a prompt cost logits for its last position only.
 *
 * Exports without pruning compute `[batch, tokens, vocab]`; sampling reads the last row. One Gather (axis 1, index -1)
 * in front of the last matrix product gives `[batch, 1, vocab]`: 1.22 × prefill (../spec/engine.md 8). Everything else
 * in the file stays byte for byte. It knows graphs, not models: where the pattern is not certain, nothing is edited.
 */
import {
  ATTRIBUTE,
  ATTRIBUTE_TYPE,
  DIMENSION,
  GRAPH,
  NODE,
  SHAPE,
  TENSOR,
  TENSOR_TYPE,
  TYPE,
  VALUE,
} from './schema.js';
import { constantOf, type Graph, type GraphNode, type Model } from './graph.js';
import {
  bytesField,
  concatenate,
  decodeFields,
  lengthDelimitedHead,
  messageField,
  textAt,
  textField,
  varintField,
  type Field,
} from './wire.js';

export type Edit = { edited: true; bytes: Uint8Array } | { edited: false; reason: string };

/** Matrix products that treat each position by itself, when their second input is a matrix of weights. */
const PRODUCTS = ['MatMul', 'com.microsoft.MatMulNBits'];
/** One value in, one out, position by position. */
const UNARY = ['Cast', 'Tanh', 'Identity', 'Neg', 'Sigmoid'];
/** Position by position when the other input is a constant that has at most the vocabulary's axis. */
const BINARY = ['Mul', 'Div', 'Add', 'Sub'];
/** Keep the rank of their first input. */
const SAME_RANK = ['Transpose', 'DequantizeLinear', 'Cast', 'Identity'];
/** What prunes a sequence: behind one of these the graph has done it already. */
const PRUNING = ['Gather', 'GatherND', 'GatherElements', 'Slice'];
const INT64 = 7;
const SEQUENCE_AXIS = 1;
/** Negative indices of Gather. */
const MIN_OPSET = 11;

export function keepLastPosition(model: Model, logits: string): Edit {
  const { graph } = model;
  const found = findProduct(graph, logits);
  if (typeof found === 'string') return { edited: false, reason: found };
  const shape = graph.shapes.get(logits);
  if (shape?.length !== 3) return { edited: false, reason: `the output "${logits}" is not declared with three axes` };
  if (shape[SEQUENCE_AXIS] === 1) return { edited: false, reason: 'the graph gives the last position only' };
  if (model.opset < MIN_OPSET)
    return { edited: false, reason: `operator set ${model.opset} is older than ${MIN_OPSET}` };
  const source = graph.producers.get(found.product.inputs[0]);
  if (source !== undefined && PRUNING.includes(source.opType)) {
    return { edited: false, reason: `the graph prunes by itself (${source.opType})` };
  }
  const fields = graph.fields.flatMap((field, index) => {
    if (index === found.product.fieldIndex) return insertGather(graph, field, found.product.inputs[0]);
    return [shortenValue(field, found.values)];
  });
  return { edited: true, bytes: withGraph(model, fields) };
}

/** The model's bytes with another graph, in one copy: weights may lie in the file. */
function withGraph(model: Model, graph: readonly Field[]): Uint8Array {
  const parts = graph.map((field) => field.bytes);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return concatenate(
    model.fields.flatMap((field, index) =>
      index === model.graphIndex ? [lengthDelimitedHead(field.number, length), ...parts] : [field.bytes],
    ),
  );
}

/** @returns the product and the values from it to the logits, or why it was not found */
function findProduct(graph: Graph, logits: string): { product: GraphNode; values: Set<string> } | string {
  const values = new Set<string>();
  for (let name = logits; ;) {
    const node = graph.producers.get(name);
    if (node === undefined) return `no operator gives "${name}"`;
    if (values.size > 0 && (graph.consumers.get(name)!.length > 1 || graph.outputs.includes(name))) {
      return `"${name}", from which the logits come, has other readers`;
    }
    values.add(name);
    const op = node.domain === '' ? node.opType : `${node.domain}.${node.opType}`;
    if (PRODUCTS.includes(op)) {
      if (op === 'MatMul' && constantRank(graph, node.inputs[1]) !== 2)
        return 'the last MatMul has no matrix of weights';
      return { product: node, values };
    }
    const source = elementwiseSource(graph, node, op);
    if (source === null) return `the logits come from ${op}, which is not known to treat positions one by one`;
    name = source;
  }
}

/** The value that an elementwise node changes position by position, or null. */
function elementwiseSource(graph: Graph, node: GraphNode, op: string): string | null {
  if (UNARY.includes(op)) return node.inputs[0];
  if (!BINARY.includes(op)) return null;
  const isSmall = (name: string) => (constantOf(graph, name)?.dims.length ?? 2) <= 1;
  if (isSmall(node.inputs[1])) return node.inputs[0];
  return isSmall(node.inputs[0]) ? node.inputs[1] : null;
}

/** Rank of a value that does not depend on the graph's inputs; undefined for any other. */
function constantRank(graph: Graph, name: string): number | undefined {
  const constant = constantOf(graph, name);
  if (constant !== undefined) return constant.dims.length;
  const node = graph.producers.get(name);
  if (node === undefined || !SAME_RANK.includes(node.opType)) return undefined;
  const othersConstant = node.inputs.slice(1).every((input) => input === '' || constantOf(graph, input) !== undefined);
  return othersConstant ? constantRank(graph, node.inputs[0]) : undefined;
}

/** Index and Gather, then the product reading from it: nodes stay in topological order. */
function insertGather(graph: Graph, product: Field, hidden: string): Field[] {
  const index = freshName(graph, 'last_position_index');
  const last = freshName(graph, 'last_position');
  const position = messageField(ATTRIBUTE.tensor, [
    varintField(TENSOR.dims, 1),
    varintField(TENSOR.dataType, INT64),
    bytesField(TENSOR.rawData, new Uint8Array(8).fill(0xff)),
  ]);
  const constant = messageField(GRAPH.node, [
    textField(NODE.output, index),
    textField(NODE.name, index),
    textField(NODE.opType, 'Constant'),
    messageField(NODE.attribute, [
      textField(ATTRIBUTE.name, 'value'),
      position,
      varintField(ATTRIBUTE.type, ATTRIBUTE_TYPE.tensor),
    ]),
  ]);
  const gather = messageField(GRAPH.node, [
    textField(NODE.input, hidden),
    textField(NODE.input, index),
    textField(NODE.output, last),
    textField(NODE.name, last),
    textField(NODE.opType, 'Gather'),
    messageField(NODE.attribute, [
      textField(ATTRIBUTE.name, 'axis'),
      varintField(ATTRIBUTE.integer, SEQUENCE_AXIS),
      varintField(ATTRIBUTE.type, ATTRIBUTE_TYPE.integer),
    ]),
  ]);
  const fields = decodeFields(product.value);
  const first = fields.findIndex((field) => field.number === NODE.input);
  return [constant, gather, messageField(GRAPH.node, fields.with(first, textField(NODE.input, last)))];
}

/** A name that no value of the graph has. */
function freshName(graph: Graph, base: string): string {
  const taken = (name: string) =>
    graph.producers.has(name) || graph.consumers.has(name) || graph.constants.has(name) || graph.shapes.has(name);
  let name = `ingot/${base}`;
  while (taken(name)) name += '_';
  return name;
}

/** Declares one position instead of many, for the logits and the values between. */
function shortenValue(field: Field, names: ReadonlySet<string>): Field {
  const declares = field.number === GRAPH.output || field.number === GRAPH.valueInfo;
  if (!declares || !names.has(textAt(decodeFields(field.value), VALUE.name))) return field;
  return replaceAt(field, [VALUE.type, TYPE.tensor, TENSOR_TYPE.shape], (shape) => {
    let axis = -1;
    return decodeFields(shape).map((dimension) => {
      if (dimension.number !== SHAPE.dimension) return dimension;
      axis += 1;
      return axis === SEQUENCE_AXIS ? messageField(SHAPE.dimension, [varintField(DIMENSION.value, 1)]) : dimension;
    });
  });
}

/** The field with the message at `path` inside it changed; unchanged where there is no such message. */
function replaceAt(field: Field, path: readonly number[], change: (message: Uint8Array) => Field[]): Field {
  if (path.length === 0) return messageField(field.number, change(field.value));
  const [next, ...rest] = path;
  const fields = decodeFields(field.value).map((inner) =>
    inner.number === next ? replaceAt(inner, rest, change) : inner,
  );
  return messageField(field.number, fields);
}
