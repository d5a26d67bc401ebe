/**
 * The startup report of a one-shot model: its signature, whether requests are joined and why, and a request made for it.
 * Values in, lines out; it prints nothing.
 */
import type { PredictLoadReport, ValueSignature } from './engine/protocol.js';
import type { PredictManifest } from './inference/catalog/manifest.js';
import { bytes, seconds, type Access } from './startup-report.js';

/** A longer line is no longer one to paste. */
const MAX_SAMPLE_ELEMENTS = 256;

export function predictionLoadedLine(manifest: PredictManifest, report: PredictLoadReport): string {
  const took = `${seconds(report.loadMs)} to load, ${seconds(report.warmupMs)} to warm up`;
  const { enabled, reason } = report.batching;
  return (
    `${manifest.id} (predict, ${bytes(manifest.sizeBytes)}) from ${manifest.folder}: ` +
    `on ${report.provider.toUpperCase()} (${report.providerReason}), ${took}, ` +
    `${list(report.inputs)} → ${list(report.outputs)}, batching ${enabled ? 'on' : 'off'} (${reason})`
  );
}

/** A request that this model answers: zeros or a word where they fit in a line, a picture's file, or the model's card. */
export function predictionCurlLine(manifest: PredictManifest, report: PredictLoadReport, access: Access): string {
  const inputs = report.inputs.filter((input) => !input.optional);
  const samples = inputs.map((input) => [input.name, sample(input)] as const);
  if (samples.every(([, value]) => value !== null)) {
    const value = samples.length === 1 ? samples[0][1] : Object.fromEntries(samples);
    const data = Buffer.from(JSON.stringify(value)).toString('base64');
    return predict(access, `'${itemBody('application/json', data)}'`);
  }
  if (inputs.length === 1 && isImage(inputs[0])) {
    return `echo '${itemBody('image/jpeg', `'"$(base64 < picture.jpg | tr -d '[:space:]')"'`)}' | ${predict(access, '@-')}`;
  }
  return `curl '${access.baseUrl}/v1/model?model=${encodeURIComponent(manifest.id)}' ${bearer(access)}`;
}

/** @param data as it stands: base64, or what a shell turns into it */
function itemBody(contentType: string, data: string): string {
  return `{"items":[{"content_type":"${contentType}","encoder":"base64","data":"${data}"}]}`;
}

function predict(access: Access, body: string): string {
  return `curl ${access.baseUrl}/v1/predict ${bearer(access)} -H "Content-Type: application/json" -d ${body}`;
}

function bearer(access: Access): string {
  return `-H "Authorization: Bearer ${access.bearer}"`;
}

/** Nested lists of zeros, one along each free axis; null where that is no line to paste. */
function sample({ dtype, shape }: ValueSignature): unknown {
  if (dtype === null || shape === null) return null;
  const sizes = shape.map((size) => (typeof size === 'number' ? size : 1));
  if (sizes.reduce((product, size) => product * size, 1) > MAX_SAMPLE_ELEMENTS) return null;
  const element = dtype === 'string' ? 'text' : dtype === 'bool' ? false : 0;
  return nested(sizes, element);
}

function nested(sizes: number[], element: unknown): unknown {
  if (sizes.length === 0) return element;
  return Array.from({ length: sizes[0] }, () => nested(sizes.slice(1), element));
}

/** Four axes with one or three channels first or last. */
function isImage({ dtype, shape }: ValueSignature): boolean {
  if (dtype === null || dtype === 'string' || shape?.length !== 4) return false;
  return [shape[1], shape[3]].some((size) => size === 1 || size === 3);
}

function list(values: ValueSignature[]): string {
  return values.map(({ name, dtype, type, shape }) => `${name} ${dtype ?? type}${axes(shape)}`).join(', ') || 'nothing';
}

function axes(shape: ValueSignature['shape']): string {
  return shape === null ? '' : `[${shape.map((size) => size ?? '?').join(',')}]`;
}
