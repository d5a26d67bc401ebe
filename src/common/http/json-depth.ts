/**
 * How deep and how large a parsed JSON value is, found without recursion and without reading past the limit; and whether
 * it tries to be a prototype.
 *
 * It runs before any schema: a schema walks a value by calling itself, once per level and once per element, and the
 * caller decides how many of those there are. It does not know what the value means.
 */

export interface JsonLimits {
  /** Objects and arrays inside one another; the body itself counts as one. */
  maxDepth: number;
  /** Values of any kind, all levels together. */
  maxNodes: number;
}

export interface JsonExcess {
  /** `prototype`: an object with a key `__proto__`, which no honest client sends. */
  kind: 'depth' | 'nodes' | 'prototype';
  /** The top-level key or index below which the limit was passed; null when it was the body itself. */
  below: string | null;
}

interface Level {
  value: object;
  depth: number;
  below: string | null;
}

/** @returns the first limit that is passed, or null */
export function jsonExcess(value: unknown, limits: JsonLimits): JsonExcess | null {
  if (typeof value !== 'object' || value === null) return null;
  const open: Level[] = [{ value, depth: 1, below: null }];
  let nodes = 1;
  for (let level = open.pop(); level !== undefined; level = open.pop()) {
    if (level.depth > limits.maxDepth) return { kind: 'depth', below: level.below };
    if (Object.hasOwn(level.value, '__proto__')) return { kind: 'prototype', below: level.below };
    const children = Array.isArray(level.value) ? level.value : Object.values(level.value);
    nodes += children.length;
    if (nodes > limits.maxNodes) return { kind: 'nodes', below: level.below };
    const keys = level.below === null ? Object.keys(level.value) : null;
    for (let index = 0; index < children.length; index++) {
      const child: unknown = children[index];
      if (typeof child !== 'object' || child === null) continue;
      open.push({ value: child, depth: level.depth + 1, below: level.below ?? keys![index] });
    }
  }
  return null;
}
