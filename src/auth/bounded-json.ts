/**
 * One JSON document from one address: limited in size, never redirected, ended by the caller's signal.
 *
 * It does not know what the document should say.
 */
const MAX_BYTES = 256 * 1024;

/** @throws Error whose message says what went wrong and is safe to log */
export async function fetchJson(url: URL, signal: AbortSignal): Promise<unknown> {
  // 'manual' hands back the redirect itself, so no other host ever hears from us.
  const response = await fetch(url, { signal, redirect: 'manual', headers: { accept: 'application/json' } });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`${url.href} answered ${response.status}`);
  }
  const text = await readBounded(response, url);
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${url.href} did not answer with JSON`);
  }
}

async function readBounded(response: Response, url: URL): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop early cancels the body, which closes its connection.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new Error(`${url.href} answered with more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
