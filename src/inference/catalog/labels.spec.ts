import { describe, expect, it } from 'vitest';
import type { ValueSignature } from '../../engine/protocol.js';
import { withFittingLabels } from './labels.js';
import { describeDiagnosis, type PredictManifest } from './manifest.js';

const manifest = {
  id: 'm',
  folder: '/m',
  labels: ['a', 'b', 'c'],
  labelsFile: 'labels.txt',
  warnings: [],
} as unknown as PredictManifest;

function output(shape: ValueSignature['shape'], dtype: ValueSignature['dtype'] = 'float32'): ValueSignature {
  return { name: 'y', type: '', dtype, shape, optional: false };
}

describe('labels', () => {
  it.each<[why: string, outputs: ValueSignature[]]>([
    ['one output has as many scores', [output(['N', 10]), output(['N', 3])]],
    ['the number of scores is free', [output(['N', null])]],
    ['there is one score', [output(['N', 1])]],
    ['the rank is free', [output(null)]],
    ['it is a picture', [output([1, 21, 64, 64])]],
    ['it is a label', [output([10], 'int64'), output(['N', 7], 'string')]],
    ['it is a table', [output(null, null)]],
    ['it has no axis', [output([])]],
  ])('stay when %s', (_, outputs) => {
    expect(withFittingLabels(manifest, outputs)).toBe(manifest);
  });

  it('go when they cannot be the classes’ names', () => {
    const judged = withFittingLabels(manifest, [output(['N', 10])]);
    expect(judged.labels).toBeNull();
    expect(judged.warnings.map(describeDiagnosis)).toEqual([
      expect.stringMatching(/^labels.txt: it has 3 lines, but the model gives 10 classes; its labels are not used\./),
    ]);
    expect(manifest.warnings).toEqual([]);
  });

  it('name the field they came from', () => {
    const { warnings } = withFittingLabels({ ...manifest, labelsFile: 'config.json' }, [output([5])]);
    expect(warnings.map(describeDiagnosis)).toEqual([
      expect.stringMatching(/^config.json: id2label: it has 3 classes, but the model gives 5 classes/),
    ]);
  });

  it('need none', () => {
    const none = { ...manifest, labels: null };
    expect(withFittingLabels(none, [output(['N', 10])])).toBe(none);
  });
});
