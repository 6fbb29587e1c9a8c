import type { Bench } from "./bench-result.ts";

/** Every bench by its name, in the order in which all are run; loaded only to be run. */
export const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  decision: async () => (await import("./decision.ts")).benchDecision,
  peers: async () => (await import("./peers.ts")).benchPeers,
  check: async () => (await import("./check.ts")).benchCheck,
  patterns: async () => (await import("./patterns.ts")).benchPatterns,
  token: async () => (await import("./token.ts")).benchToken,
  telemetry: async () => (await import("./telemetry.ts")).benchTelemetry,
  adapters: async () => (await import("./adapters.ts")).benchAdapters,
  inspect: async () => (await import("./inspect.ts")).benchInspect,
  "mcp-proxy": async () => (await import("./mcp-proxy.ts")).benchMcpProxy,
  footprint: async () => (await import("./footprint.ts")).benchFootprint,
  bundle: async () => (await import("./bundle.ts")).benchBundle,
  agentdojo: async () => (await import("./agentdojo/bench.ts")).benchAgentdojo,
};
