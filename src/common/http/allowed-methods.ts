/**
 * Which methods a path answers, read from the router itself, so that a wrong method gets 405 with `Allow` instead of 404.
 */
import type { Express } from 'express';

interface Layer {
  route?: { methods: Record<string, boolean> };
  match(path: string): boolean;
}

/** Asks the router anew each time: only refused requests come here. */
export function allowedMethods(express: Express, path: string): string[] {
  const found = new Set<string>();
  for (const layer of express.router.stack as unknown as Layer[]) {
    if (!layer.route || !layer.match(path)) continue;
    for (const [method, answers] of Object.entries(layer.route.methods)) {
      if (answers && method !== '_all') found.add(method.toUpperCase());
    }
  }
  if (found.has('GET')) found.add('HEAD');
  return [...found].sort();
}
