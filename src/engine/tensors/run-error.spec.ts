import { describe, expect, it } from 'vitest';
import { AppError } from '../../common/errors/app-error.js';
import { OrtError } from '../ort/status.js';
import { isMemoryError, plainWords, runError } from './run-error.js';

const DIVISION =
  "Non-zero status code returned while running Div node. Name:'' Status Message: /onnxruntime_src/onnxruntime/core/providers/cpu/math/element_wise_ops.cc:692 Compute Integer division by zero";
const BROADCAST =
  "Non-zero status code returned while running Add node. Name:'add 1' Status Message: /onnxruntime_src/onnxruntime/core/providers/cpu/math/element_wise_ops.h:563 void onnxruntime::BroadcastIterator::Init(ptrdiff_t, ptrdiff_t) axis == 1 || axis == largest was false. Attempting to broadcast an axis by a dimension other than 1. 2 by 3\n";
const NESTED =
  "Non-zero status code returned while running If node. Name:'If_0' Status Message: Non-zero status code returned while running Pad node. Name:'pad' Status Message: Pad reflect: post-pad (32) exceeds maximum allowed (7)";
const CONCAT =
  "Non-zero status code returned while running Concat node. Name:'Concat' Status Message: concatbase.h:133 PrepareForComputeImpl Non concat axis dimensions must match";
const MEMORY =
  "Non-zero status code returned while running ConstantOfShape node. Name:'' Status Message: /x/bfc_arena.cc:360 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool) Failed to allocate memory for requested buffer of size 40000000000";

describe('the runtime’s words', () => {
  it.each([
    [DIVISION, 'Div: Integer division by zero.'],
    [
      BROADCAST,
      'Add "add 1": axis == 1 || axis == largest was false. Attempting to broadcast an axis by a dimension other than 1. 2 by 3.',
    ],
    [NESTED, 'Pad "pad": Pad reflect: post-pad (32) exceeds maximum allowed (7).'],
    [CONCAT, 'Concat "Concat": Non concat axis dimensions must match.'],
    ['Invalid rank for input: x Got: 1 Expected: 2.', 'Invalid rank for input: x Got: 1 Expected: 2.'],
    ['cannot open /srv/models/secret/model.onnx today', 'cannot open (a file) today.'],
  ])('lose paths, functions and holders', (message, words) => {
    expect(plainWords(message)).toBe(words);
  });
});

describe('a run’s error', () => {
  it('is the request’s when the runtime reports it', () => {
    expect(runError(new OrtError(DIVISION, 1))).toMatchObject({ code: 'invalid_value' });
  });

  it('tells how much memory was asked for', () => {
    const error = new OrtError(MEMORY, 1);
    expect(isMemoryError(error)).toBe(true);
    expect(runError(error)).toMatchObject({
      code: 'invalid_value',
      message: 'For these inputs the model needs 40000000000 bytes at once, more than there are.',
    });
    expect(runError(new OrtError('std::bad_alloc', 6))).toMatchObject({
      message: expect.stringContaining('more memory'),
    });
    expect(isMemoryError(new OrtError(DIVISION, 1))).toBe(false);
  });

  it('stays what it is otherwise', () => {
    for (const error of [new AppError('invalid_value', 'x'), new TypeError('ours')])
      expect(runError(error)).toBe(error);
  });
});
