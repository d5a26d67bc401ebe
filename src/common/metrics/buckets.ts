/**
 * Upper bounds of the histograms, in seconds.
 *
 * The series of OpenTelemetry's GenAI conventions (`time_to_first_token`, `time_per_output_token`), so that panels made
 * for them fit, with finer steps below for small models and coarser ones above for loaded CPUs.
 */
export const FIRST_TOKEN_BUCKETS = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60,
];

export const TOKEN_INTERVAL_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5,
];

/** For whole requests and their parts: up to the default `REQUEST_TIMEOUT_MS`. */
export const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** For one-shot runs: a tabular model takes some tens of microseconds, a large image model seconds. */
export const RUN_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];

/** Requests in one run. */
export const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64];

/** Fewer, because they are multiplied by route, method and status: an endpoint picker scrapes 20 times a second. */
export const HTTP_BUCKETS = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60, 300];
