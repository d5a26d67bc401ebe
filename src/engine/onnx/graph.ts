/**
 * A model file as nodes, values and constants, for questions about its structure. It keeps the fields it was read
 * from, so that an edit can write the rest back untouched; weights are never copied.
 */
import { ATTRIBUTE, DIMENSION, GRAPH, MODEL, NODE, OPSET, SHAPE, TENSOR, TENSOR_TYPE, TYPE, VALUE } from './schema.js';
import { decodeFields, findField, integersAt, textAt, textsAt, varintOf, type Field } from './wire.js';

export interface GraphNode {
  /** Where its field is among the graph's fields. */
  fieldIndex: number;
  opType: string;
  /** Empty for ONNX's own operators. */
  domain: string;
  /** An input left out is an empty name. */
  inputs: string[];
  outputs: string[];
  attributes: Field[][];
}

export interface ConstantTensor {
  dims: number[];
  fields: Field[];
}

/** Null where a dimension is free. */
export type StaticShape = (number | null)[];

export interface Graph {
  fields: Field[];
  nodes: GraphNode[];
  /** By the name of a value it gives. */
  producers: Map<string, GraphNode>;
  /** By the name of a value they take, subgraphs included: the node that holds the subgraph is the consumer. */
  consumers: Map<string, GraphNode[]>;
  constants: Map<string, ConstantTensor>;
  /** Declared shapes of inputs, outputs and, where the writer gave them, of values between. */
  shapes: Map<string, StaticShape>;
  outputs: string[];
}

export interface Model {
  fields: Field[];
  /** Where the graph is among the model's fields. */
  graphIndex: number;
  graph: Graph;
  /** Version of ONNX's own operators. */
  opset: number;
}

/** @throws {RangeError} when the bytes are no ONNX model */
export function readModel(bytes: Uint8Array): Model {
  const fields = decodeFields(bytes);
  const graphIndex = fields.findIndex((field) => field.number === MODEL.graph);
  if (graphIndex < 0) throw new RangeError('there is no graph in the model');
  const opset = fields
    .filter((field) => field.number === MODEL.opsetImport)
    .map((field) => decodeFields(field.value))
    .find((entry) => ['', 'ai.onnx'].includes(textAt(entry, OPSET.domain)));
  return {
    fields,
    graphIndex,
    graph: readGraph(fields[graphIndex].value),
    opset: opset === undefined ? 0 : (integersAt(opset, OPSET.version)[0] ?? 0),
  };
}

/** The attribute's fields, or undefined. */
export function attributeOf(node: GraphNode, name: string): Field[] | undefined {
  return node.attributes.find((fields) => textAt(fields, ATTRIBUTE.name) === name);
}

export function integerAttribute(node: GraphNode, name: string, otherwise: number): number {
  const field = findField(attributeOf(node, name) ?? [], ATTRIBUTE.integer);
  return field === undefined ? otherwise : varintOf(field);
}

/** The tensor of a `Constant` node with a `value`. */
export function constantOf(graph: Graph, name: string): ConstantTensor | undefined {
  const initializer = graph.constants.get(name);
  if (initializer !== undefined) return initializer;
  const node = graph.producers.get(name);
  if (node?.opType !== 'Constant') return undefined;
  const tensor = findField(attributeOf(node, 'value') ?? [], ATTRIBUTE.tensor);
  return tensor === undefined ? undefined : readTensor(decodeFields(tensor.value));
}

/** The one element of an int64 or int32 constant, if that is what it is. */
export function integerConstant(graph: Graph, name: string): number | undefined {
  const tensor = constantOf(graph, name);
  if (tensor === undefined || tensor.dims.some((size) => size !== 1)) return undefined;
  const listed = integersAt(tensor.fields, TENSOR.int64Data).concat(integersAt(tensor.fields, TENSOR.int32Data));
  if (listed.length > 0) return listed[0];
  const raw = findField(tensor.fields, TENSOR.rawData)?.value;
  const dataType = integersAt(tensor.fields, TENSOR.dataType)[0];
  if (raw === undefined) return undefined;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  if (dataType === INT64 && raw.length === 8) return Number(view.getBigInt64(0, true));
  return dataType === INT32 && raw.length === 4 ? view.getInt32(0, true) : undefined;
}

const INT32 = 6;
const INT64 = 7;

function readGraph(bytes: Uint8Array): Graph {
  const fields = decodeFields(bytes);
  const nodes = fields.flatMap((field, index) => (field.number === GRAPH.node ? [readNode(field.value, index)] : []));
  const graph: Graph = {
    fields,
    nodes,
    producers: new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const))),
    consumers: new Map(),
    constants: new Map(),
    shapes: new Map(),
    outputs: fields.filter((field) => field.number === GRAPH.output).map(nameOfValue),
  };
  for (const node of nodes) {
    for (const name of new Set(takenBy(node))) {
      const others = graph.consumers.get(name);
      if (others === undefined) graph.consumers.set(name, [node]);
      else others.push(node);
    }
  }
  for (const field of fields) {
    if (field.number === GRAPH.initializer) {
      const tensor = decodeFields(field.value);
      graph.constants.set(textAt(tensor, TENSOR.name), readTensor(tensor));
    } else if (isValue(field)) {
      const shape = readShape(field.value);
      if (shape !== null) graph.shapes.set(nameOfValue(field), shape);
    }
  }
  return graph;
}

function readNode(bytes: Uint8Array, fieldIndex: number): GraphNode {
  const fields = decodeFields(bytes);
  return {
    fieldIndex,
    opType: textAt(fields, NODE.opType),
    domain: textAt(fields, NODE.domain).replace(/^ai\.onnx$/, ''),
    inputs: textsAt(fields, NODE.input),
    outputs: textsAt(fields, NODE.output),
    attributes: fields.filter((field) => field.number === NODE.attribute).map((field) => decodeFields(field.value)),
  };
}

/** Names that the node takes itself, and names of the outside that its subgraphs take. */
function takenBy(node: GraphNode): string[] {
  const subgraphs = node.attributes
    .flat()
    .filter((field) => [ATTRIBUTE.graph, ATTRIBUTE.graphs].includes(field.number as 6));
  return node.inputs.concat(
    subgraphs.flatMap((field) => {
      const inner = readGraph(field.value);
      return [...inner.consumers.keys(), ...inner.outputs];
    }),
  );
}

function readTensor(fields: Field[]): ConstantTensor {
  return { dims: integersAt(fields, TENSOR.dims), fields };
}

function isValue(field: Field): boolean {
  return [GRAPH.input, GRAPH.output, GRAPH.valueInfo].includes(field.number as 11);
}

function nameOfValue(field: Field): string {
  return textAt(decodeFields(field.value), VALUE.name);
}

/** @returns null when no tensor shape is declared */
function readShape(value: Uint8Array): StaticShape | null {
  const shape = [VALUE.type, TYPE.tensor, TENSOR_TYPE.shape].reduce<Uint8Array | undefined>(
    (message, number) => message && findField(decodeFields(message), number)?.value,
    value,
  );
  if (shape === undefined) return null;
  return decodeFields(shape)
    .filter((field) => field.number === SHAPE.dimension)
    .map((field) => integersAt(decodeFields(field.value), DIMENSION.value)[0] ?? null);
}
