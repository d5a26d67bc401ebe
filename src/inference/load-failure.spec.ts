import { describe, expect, it } from 'vitest';
import { explainLoadFailure } from './load-failure.js';

/** As ONNX Runtime 1.30 words them. */
const cases: [name: string, message: string, words: RegExp][] = [
  [
    'an unknown operator',
    'Load model from m.onnx failed:This is an invalid model. In Node, ("", FancyNewOp, "", -1) : ("x": tensor(float),) -> ("y": tensor(float),) , Error No Op registered for FancyNewOp with domain_version of 17',
    /^m.onnx: the operator "FancyNewOp" is not known to this runtime \(opset 17\)\. Export/,
  ],
  [
    'a custom operator',
    'Load model from m.onnx failed:Fatal error: com.example:MyOp(-1) is not a registered function/op',
    /^m.onnx: the operator "com.example:MyOp" is a custom operator that this runtime does not have/,
  ],
  [
    'an opset of the future',
    'model_load_utils.h:46 void onnxruntime::ValidateOpsetForDomain(...) ONNX Runtime only *guarantees* support for models stamped with official released onnx opset versions. Opset 99 is under development and support for this is limited. The operator schemas and or other functionality may change before next ONNX release and in this case ONNX Runtime will not guarantee backward compatibility. Current official support for domain ai.onnx is till opset 26.',
    /^m.onnx: the model asks for ONNX opset 99, newer than this runtime knows \(26\)/,
  ],
  [
    'a file format of the future',
    'Load model from m.onnx failed:model.cc:149 Unsupported model IR version: 99, max supported IR version: 13',
    /IR version 99, newer than this runtime knows \(13\)/,
  ],
  [
    'a cycle',
    'Load model from m.onnx failed:This is an invalid model. Error: the graph is not acyclic.',
    /^m.onnx: the graph has a cycle\./,
  ],
  [
    'a missing locale',
    'Exception during initialization: string_normalizer.cc:235 Failed to construct locale with name:en_US.UTF-8:locale::facet::_S_create_c_locale name not valid:Please, install necessary language-pack-XX and configure locales',
    /^m.onnx: the operator StringNormalizer needs the system locale en_US\.UTF-8, which is not installed here\. Install/,
  ],
  [
    'a kernel that is not there',
    "Could not find an implementation for Add(14) node with name 'sum'",
    /no kernel for the operator "Add" \(opset 14\)/,
  ],
  [
    'types that do not fit',
    "Type Error: Type 'tensor(int64)' of input parameter (a) of operator (MatMulInteger) in node (n) is invalid.",
    /"MatMulInteger" gets tensor\(int64\) in "a"/,
  ],
  [
    'shapes that do not fit',
    'Node (mm) Op (MatMul) [ShapeInferenceError] Incompatible dimensions for matrix multiplication',
    /around the operator "MatMul" \("mm"\) do not fit: Incompatible dimensions/,
  ],
  ['memory', 'std::bad_alloc', /not enough memory/],
];

describe('what the runtime says about a model', () => {
  it.each(cases)('is put into words: %s', (_, message, words) => {
    expect(explainLoadFailure(message, 'm.onnx')).toMatch(words);
  });

  it('passes as it is when nobody knows better', () => {
    expect(explainLoadFailure('model.onnx: no such input', 'm.onnx')).toBe('model.onnx: no such input');
  });
});
