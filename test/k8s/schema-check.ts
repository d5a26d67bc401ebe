/**
 * Checks a Kubernetes object against the schema of its kind: wrong types, missing fields, and fields that no schema knows.
 *
 * The compiled schemas let unknown fields pass, and Kubernetes drops them in silence. But a schema reads the fields it
 * knows and no others, so the object is handed over behind proxies that remember what was read.
 */
import { Deployment } from 'kubernetes-models/apps/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, PersistentVolumeClaim, Service } from 'kubernetes-models/v1';

const KINDS = [ConfigMap, Deployment, NetworkPolicy, PersistentVolumeClaim, PodDisruptionBudget, Service];

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string> };
}

/** Everything that is wrong with the object, in words; empty: nothing. */
export function schemaFaults(manifest: Manifest): string[] {
  const model = KINDS.find((kind) => kind.kind === manifest.kind && kind.apiVersion === manifest.apiVersion);
  if (!model) return [`no schema here for ${manifest.apiVersion} ${manifest.kind}`];
  const watched = watch(manifest);
  try {
    model.prototype.validate.call(watched.proxy);
  } catch (error) {
    return [(error as Error).message];
  }
  return watched.unread().map((path) => `unknown field ${path}`);
}

interface Watched {
  proxy: object;
  /** Paths of what nobody has read. */
  unread(): string[];
}

function watch(value: object): Watched {
  const read = new Set<string>();
  const children = new Map<string, Watched>();
  const proxy = new Proxy(value, {
    get(target, key) {
      const child: unknown = Reflect.get(target, key);
      if (typeof key !== 'string') return child;
      read.add(key);
      if (typeof child !== 'object' || child === null) return child;
      if (!children.has(key)) children.set(key, watch(child));
      return children.get(key)!.proxy;
    },
  });
  const unread = () =>
    Object.keys(value).flatMap((key) => {
      if (!read.has(key)) return [key];
      return (children.get(key)?.unread() ?? []).map((path) => `${key}.${path}`);
    });
  return { proxy, unread };
}
