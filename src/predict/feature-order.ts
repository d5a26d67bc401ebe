/**
 * In which order a single input's features come: as the request says, else as the model's own metadata does.
 *
 * Exporters have no common key for the names; these are the ones in use, as a JSON list or separated by commas.
 */
import type { PredictLoadReport } from '../inference/prediction-model.js';
import type { FeatureOrder } from './table.js';

const KEYS = ['feature_names', 'feature_names_in_', 'features', 'columns', 'input_features'];

export function featureOrder(columns: string[] | null | undefined, report: PredictLoadReport): FeatureOrder | null {
  if (columns) return { names: columns, source: 'parameters.columns' };
  const width = report.inputs.find((input) => !input.optional)?.shape?.at(-1);
  for (const key of KEYS) {
    const text = Object.hasOwn(report.graph.custom, key) ? report.graph.custom[key] : null;
    const names = text === null ? null : readNames(text);
    // A list of another length is about something else.
    if (names !== null && names.length === width) return { names, source: `the model's ${key}` };
  }
  return null;
}

function readNames(text: string): string[] | null {
  if (!text.trim().startsWith('[')) return text.split(',').map((name) => name.trim());
  try {
    const list = JSON.parse(text) as unknown;
    return Array.isArray(list) && list.every((name) => typeof name === 'string') ? list : null;
  } catch {
    return null;
  }
}
