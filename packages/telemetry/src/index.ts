export { SEMCONV } from "./semconv.ts";
export { withTelemetry } from "./with-telemetry.ts";
export type { TelemetryOptions } from "./with-telemetry.ts";
