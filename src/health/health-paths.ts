/** The paths of the probes and of the scrape. Manifests and monitors rely on them; a test holds `k8s/` equal. */
export const LIVE_PATHS = ['/health', '/healthz', '/livez'] as const;
export const READY_PATHS = ['/ready', '/readyz'] as const;
export const METRICS_PATH = '/metrics';
