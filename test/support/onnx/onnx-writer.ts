/**
 * Writes small ONNX models for tests: nodes, constants, inputs and outputs as plain values to bytes.
 *
 * It knows the format, not what operators mean: a model that makes no sense is refused by whoever loads it.
 */
import {
  ATTRIBUTE,
  ATTRIBUTE_TYPE,
  DIMENSION,
  GRAPH,
  MAP_TYPE,
  METADATA,
  MODEL,
  NODE,
  OPSET,
  SEQUENCE_TYPE,
  SHAPE,
  TENSOR,
  TENSOR_TYPE,
  TYPE,
  VALUE,
} from '../../../src/engine/onnx/schema.js';
import {
  bytesField,
  encodeFields,
  floatField,
  messageField,
  textField,
  varintField,
  type Field,
} from '../../../src/engine/onnx/wire.js';
import { elementTypeCode, type ElementType } from '../../../src/engine/ort/element-type.js';

/** Integers, numbers with a fraction as `{ float }`, texts, lists of integers or texts, subgraphs. */
export type AttributeValue =
  | number
  | string
  | number[]
  | { float: number }
  | { floats: number[] }
  | { texts: string[] }
  | { graph: GraphParts };

export interface NodeParts {
  op: string;
  inputs: string[];
  outputs: string[];
  attributes?: Record<string, AttributeValue>;
  domain?: string;
}

export interface ValueParts {
  name: string;
  /** Of the tensor; with `map`, of its values. */
  type: ElementType;
  /** A list of such values. */
  sequence?: boolean;
  /** A table with keys of this type. */
  map?: 'int64' | 'string';
  /** Fixed sizes, names, or empty for a free one without a name. */
  shape: (number | string)[];
  /** No shape is written at all. */
  unranked?: boolean;
}

export interface ConstantParts {
  name: string;
  type: ElementType;
  dims: number[];
  values: ArrayBufferView;
}

export interface GraphParts {
  nodes: NodeParts[];
  inputs?: ValueParts[];
  outputs: ValueParts[];
  constants?: ConstantParts[];
  values?: ValueParts[];
}

export interface ModelParts extends GraphParts {
  opset?: number;
  metadata?: Record<string, string>;
}

export function writeModel({ opset = 18, metadata = {}, ...graph }: ModelParts): Uint8Array {
  return encodeFields([
    varintField(MODEL.irVersion, 9),
    textField(MODEL.producer, 'test'),
    messageField(MODEL.graph, graphFields(graph)),
    messageField(MODEL.opsetImport, [textField(OPSET.domain, ''), varintField(OPSET.version, opset)]),
    messageField(MODEL.opsetImport, [textField(OPSET.domain, 'com.microsoft'), varintField(OPSET.version, 1)]),
    messageField(MODEL.opsetImport, [textField(OPSET.domain, 'ai.onnx.ml'), varintField(OPSET.version, 3)]),
    ...Object.entries(metadata).map(([key, value]) =>
      messageField(MODEL.metadata, [textField(METADATA.key, key), textField(METADATA.value, value)]),
    ),
  ]);
}

function graphFields({ nodes, inputs = [], outputs, constants = [], values = [] }: GraphParts): Field[] {
  return [
    ...nodes.map(nodeField),
    textField(GRAPH.name, 'graph'),
    ...constants.map(constantField),
    ...inputs.map((value) => valueField(GRAPH.input, value)),
    ...outputs.map((value) => valueField(GRAPH.output, value)),
    ...values.map((value) => valueField(GRAPH.valueInfo, value)),
  ];
}

function nodeField({ op, inputs, outputs, attributes = {}, domain = '' }: NodeParts): Field {
  return messageField(GRAPH.node, [
    ...inputs.map((name) => textField(NODE.input, name)),
    ...outputs.map((name) => textField(NODE.output, name)),
    textField(NODE.name, `${op} ${outputs[0]}`),
    textField(NODE.opType, op),
    ...Object.entries(attributes).map(([name, value]) => attributeField(name, value)),
    textField(NODE.domain, domain),
  ]);
}

function attributeField(name: string, value: AttributeValue): Field {
  return messageField(NODE.attribute, [textField(ATTRIBUTE.name, name), ...attributeValue(value)]);
}

function attributeValue(value: AttributeValue): Field[] {
  const typed = (type: number, fields: Field[]) => [...fields, varintField(ATTRIBUTE.type, type)];
  if (typeof value === 'number') return typed(ATTRIBUTE_TYPE.integer, [varintField(ATTRIBUTE.integer, value)]);
  if (typeof value === 'string') return typed(ATTRIBUTE_TYPE.text, [textField(ATTRIBUTE.text, value)]);
  if (Array.isArray(value)) {
    return typed(
      ATTRIBUTE_TYPE.ints,
      value.map((item) => varintField(ATTRIBUTE.ints, item)),
    );
  }
  if ('floats' in value) {
    return typed(
      ATTRIBUTE_TYPE.floats,
      value.floats.map((item) => floatField(ATTRIBUTE.floats, item)),
    );
  }
  if ('texts' in value) {
    return typed(
      ATTRIBUTE_TYPE.texts,
      value.texts.map((item) => textField(ATTRIBUTE.texts, item)),
    );
  }
  if ('float' in value) return typed(ATTRIBUTE_TYPE.float, [floatField(ATTRIBUTE.float, value.float)]);
  return typed(ATTRIBUTE_TYPE.graph, [messageField(ATTRIBUTE.graph, graphFields(value.graph))]);
}

function constantField({ name, type, dims, values }: ConstantParts): Field {
  return messageField(GRAPH.initializer, [
    ...dims.map((size) => varintField(TENSOR.dims, size)),
    varintField(TENSOR.dataType, elementTypeCode(type)),
    textField(TENSOR.name, name),
    bytesField(TENSOR.rawData, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
  ]);
}

function valueField(number: number, value: ValueParts): Field {
  const type = value.sequence === true ? sequenceType(itemType(value)) : itemType(value);
  return messageField(number, [textField(VALUE.name, value.name), messageField(VALUE.type, type)]);
}

function itemType({ type, shape, unranked, map }: ValueParts): Field[] {
  const dimensions = shape.map((size) =>
    messageField(SHAPE.dimension, typeof size === 'number' ? [varintField(DIMENSION.value, size)] : nameField(size)),
  );
  const tensor = messageField(TYPE.tensor, [
    varintField(TENSOR_TYPE.elementType, elementTypeCode(type)),
    ...(unranked === true ? [] : [messageField(TENSOR_TYPE.shape, dimensions)]),
  ]);
  if (map === undefined) return [tensor];
  const key = varintField(MAP_TYPE.keyType, elementTypeCode(map));
  return [messageField(TYPE.map, [key, messageField(MAP_TYPE.valueType, [tensor])])];
}

function sequenceType(item: Field[]): Field[] {
  return [messageField(TYPE.sequence, [messageField(SEQUENCE_TYPE.elementType, item)])];
}

function nameField(name: string): Field[] {
  return name === '' ? [] : [textField(DIMENSION.name, name)];
}
