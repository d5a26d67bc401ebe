/**
 * What a person at a terminal is told: what is loaded, from where, on which provider and why, how long it took, and a
 * line to paste. Values in, lines out; it prints nothing.
 */
import type { LoadReport } from './engine/protocol.js';
import type { ChatManifest } from './inference/catalog/manifest.js';

export interface Access {
  /** As a client on this machine would write it, e.g. `http://127.0.0.1:8080`. */
  baseUrl: string;
  /** What goes after `Authorization: Bearer`: a key, or a shell expression that yields one. */
  bearer: string;
}

const KIB = 1024;
const MIB = 1024 * KIB;

export function loadedLine(manifest: ChatManifest, report: LoadReport): string {
  const size = bytes(manifest.sizeBytes);
  const took = `${seconds(report.loadMs)} to load, ${seconds(report.warmupMs)} to warm up`;
  const room = `${report.slots} slots of ${report.capacity} tokens`;
  return (
    `${manifest.id} (${manifest.modelType}, ${size}) from ${manifest.folder}: ` +
    `on ${report.provider.toUpperCase()} (${report.providerReason}), ${took}, ${room}`
  );
}

/** A request that answers at once and the same every time. */
export function curlLine(manifest: ChatManifest, access: Access): string {
  const body = {
    model: manifest.id,
    messages: [{ role: 'user', content: 'What is the capital of France?' }],
    temperature: 0,
  };
  return (
    `curl ${access.baseUrl}/v1/chat/completions -H "Authorization: Bearer ${access.bearer}" ` +
    `-H "Content-Type: application/json" -d '${JSON.stringify(body)}'`
  );
}

/** Folder names may hold anything a shell would read. */
export function keyFileExpression(folder: string): string {
  return `$(cat '${folder.replaceAll("'", `'\\''`)}/primary-key')`;
}

export function bytes(count: number): string {
  return count < MIB ? `${Math.max(1, Math.round(count / KIB))} KiB` : `${Math.round(count / MIB)} MiB`;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
