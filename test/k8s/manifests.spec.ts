import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IDeployment } from 'kubernetes-models/apps/v1';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import type { IConfigMap, IService } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/common/config/config.js';
import { VARIABLES } from '../../src/common/config/variables.js';
import { LIVE_PATHS, METRICS_PATH, READY_PATHS } from '../../src/health/health-paths.js';
import { hasKubectl, readKustomization, readResources, render, yamlFiles } from './manifest-files.js';
import { schemaFaults, type Manifest } from './schema-check.js';

const BASE = 'k8s/base';
const OVERLAYS = readdirSync('k8s/overlays').map((name) => `k8s/overlays/${name}`);
/** What ending the rest and closing may take after DRAIN_TIMEOUT_MS. */
const CLOSING_MS = 10_000;

const base = readResources(BASE);

/** The one object of a kind. */
function only(manifests: Manifest[], kind: string): unknown {
  const [found, ...others] = manifests.filter((manifest) => manifest.kind === kind);
  if (found === undefined || others.length > 0) throw new Error(`there is not exactly one ${kind}`);
  return found;
}

const configOf = (manifests: Manifest[]) => (only(manifests, 'ConfigMap') as IConfigMap).data!;
const deploymentOf = (manifests: Manifest[]) => (only(manifests, 'Deployment') as IDeployment).spec!;
const podOf = (manifests: Manifest[]) => deploymentOf(manifests).template.spec!;
const policyOf = (manifests: Manifest[]) => (only(manifests, 'NetworkPolicy') as INetworkPolicy).spec!;
const serviceOf = (manifests: Manifest[]) => (only(manifests, 'Service') as IService).spec!;

function containerOf(manifests: Manifest[]) {
  const [container, ...others] = podOf(manifests).containers;
  if (container === undefined || others.length > 0) throw new Error('there is not exactly one container');
  return container;
}

/** What must not be wrong with the base or with any overlay, in words. */
function faults(manifests: Manifest[]): string[] {
  const found = manifests.flatMap((manifest) => schemaFaults(manifest).map((fault) => `${manifest.kind}: ${fault}`));
  const { env = [], envFrom } = containerOf(manifests);
  const environment = { ...configOf(manifests), ...Object.fromEntries(env.map(({ name }) => [name, '4'])) };
  const unread = Object.keys(environment).filter((name) => !(name in VARIABLES));
  found.push(...unread.map((name) => `nobody reads ${name}`));
  const configMap = (only(manifests, 'ConfigMap') as Manifest).metadata.name;
  if (envFrom?.[0]?.configMapRef?.name !== configMap) found.push('the container does not read the ConfigMap');
  try {
    readConfig(environment);
  } catch (error) {
    found.push((error as Error).message);
  }
  return found;
}

describe('the base', () => {
  it('is plain YAML whose every field Kubernetes knows, and whose variables the service reads', () => {
    expect(faults(base)).toEqual([]);
  });

  it('selects its own pods everywhere', () => {
    const { selector, template } = deploymentOf(base);
    const budget = (only(base, 'PodDisruptionBudget') as IPodDisruptionBudget).spec!;
    const selected = [
      selector.matchLabels,
      serviceOf(base).selector,
      policyOf(base).podSelector?.matchLabels,
      budget.selector?.matchLabels,
      ...podOf(base).topologySpreadConstraints!.map((constraint) => constraint.labelSelector?.matchLabels),
    ];
    for (const labels of selected) expect(labels).toEqual(template.metadata!.labels);
  });

  it('opens the ports that the service listens on, and probes the paths it answers', () => {
    const { PORT, MANAGEMENT_PORT, HOST } = configOf(base);
    const container = containerOf(base);
    expect(container.ports).toEqual([
      { name: 'http', containerPort: Number(PORT) },
      { name: 'management', containerPort: Number(MANAGEMENT_PORT) },
    ]);
    expect(HOST).toBe('0.0.0.0');
    const probes = { startup: container.startupProbe, live: container.livenessProbe, ready: container.readinessProbe };
    const [startup, live, ready] = Object.values(probes).map((probe) => probe!.httpGet!);
    for (const probe of [startup, live, ready]) expect(probe.port).toBe('management');
    expect(LIVE_PATHS).toContain(startup.path);
    expect(LIVE_PATHS).toContain(live.path);
    expect(READY_PATHS).toContain(ready.path);
  });

  it('says where the metrics are', () => {
    const { annotations } = deploymentOf(base).template.metadata!;
    expect(annotations).toMatchObject({
      'prometheus.io/port': configOf(base).MANAGEMENT_PORT,
      'prometheus.io/path': METRICS_PATH,
    });
  });

  it('gives callers the main port only', () => {
    const { ports } = serviceOf(base);
    expect(ports!.map((port) => port.targetPort)).toEqual(['http']);
  });

  it('lets only the monitoring namespace to the management port, and nothing out', () => {
    const { ingress, egress, policyTypes } = policyOf(base);
    const opening = ingress!.filter((rule) => rule.ports!.some((port) => port.port === 'management'));
    expect(opening).toHaveLength(1);
    expect(opening[0].ports).toHaveLength(1);
    expect(opening[0].from).toEqual([
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } },
    ]);
    expect(ingress!.every((rule) => rule.ports!.length > 0)).toBe(true);
    expect(egress).toEqual([]);
    expect(policyTypes).toEqual(['Ingress', 'Egress']);
  });

  it('gives a drain the time it may take', () => {
    const sleep = containerOf(base).lifecycle!.preStop!.sleep!.seconds;
    const grace = podOf(base).terminationGracePeriodSeconds!;
    expect(sleep).toBeGreaterThan(0);
    expect(grace * 1000).toBeGreaterThanOrEqual(sleep * 1000 + Number(configOf(base).DRAIN_TIMEOUT_MS) + CLOSING_MS);
  });

  it('meets the restricted Pod Security Standard, with a read-only root', () => {
    const pod = podOf(base);
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 10001,
      runAsGroup: 10001,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(containerOf(base).securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC'] as const) expect(pod[field]).toBeUndefined();
    for (const resources of [containerOf(base).resources!.requests!, containerOf(base).resources!.limits!]) {
      expect(Object.keys(resources).sort()).toEqual(['cpu', 'ephemeral-storage', 'memory']);
    }
  });

  it('mounts models and keys where the service looks, whole folders and read-only, and one folder to write', () => {
    const mounts = containerOf(base).volumeMounts!;
    const { MODEL_PATH, API_KEYS_DIR } = configOf(base);
    expect(mounts.map(({ name, mountPath, readOnly }) => [name, mountPath, readOnly])).toEqual([
      ['models', MODEL_PATH, true],
      ['api-keys', API_KEYS_DIR, true],
      ['tmp', '/tmp', undefined],
    ]);
    expect(mounts.filter((mount) => 'subPath' in mount)).toEqual([]);
    expect(podOf(base).volumes!.map((volume) => volume.name)).toEqual(mounts.map((mount) => mount.name));
    const claim = (only(base, 'PersistentVolumeClaim') as Manifest).metadata.name;
    expect(podOf(base).volumes![0].persistentVolumeClaim!.claimName).toBe(claim);
  });

  it('names the image that this version builds', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(containerOf(base).image).toBe(`ingot:${version}`);
  });
});

describe.each([BASE, ...OVERLAYS])('%s', (folder) => {
  it('names the files it holds, and no others', () => {
    const { apiVersion, kind, resources, patches = [], ...others } = readKustomization(folder);
    expect([apiVersion, kind, others]).toEqual(['kustomize.config.k8s.io/v1beta1', 'Kustomization', {}]);
    const named = [...resources, ...patches.map((patch) => patch.path)];
    expect(named.filter((file) => !existsSync(join(folder, file)))).toEqual([]);
    expect(named.filter((file) => file.endsWith('.yaml')).sort()).toEqual(yamlFiles(folder).sort());
  });

  it.skipIf(!hasKubectl)('renders into sound objects (skipped without kubectl)', () => {
    expect(faults(render(folder))).toEqual([]);
  });
});

describe.skipIf(!hasKubectl)('the overlays, rendered (skipped without kubectl)', () => {
  it('entra: turns tokens on and lets the signing keys be fetched', () => {
    const manifests = render('k8s/overlays/entra');
    expect(readConfig(configOf(manifests)).AUTH_ENTRA_ENABLED).toBe(true);
    const { egress, ingress } = policyOf(manifests);
    expect(egress!.flatMap((rule) => rule.ports!.map((port) => port.port))).toEqual([53, 53, 443]);
    expect(ingress).toHaveLength(2);
  });

  it('model-image: takes the models from an image and needs no claim', () => {
    const manifests = render('k8s/overlays/model-image');
    const [models] = podOf(manifests).volumes!;
    expect(Object.keys(models).sort()).toEqual(['image', 'name']);
    expect(manifests.some((manifest) => manifest.kind === 'PersistentVolumeClaim')).toBe(false);
  });
});
