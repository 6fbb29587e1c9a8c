export { createFakeClock } from "./fake-clock.ts";
export { callsOf, createHarness } from "./create-harness.ts";
export { createProbe } from "./probe.ts";
export { describeAdapter } from "./describe-adapter.ts";
export { isApplicable, runVector } from "./run-vector.ts";
export {
  demand,
  demandDenied,
  demandRefused,
  demandRuns,
  demandToldDenial,
  outcomesOf,
  readDenial,
  VectorFailure,
} from "./demand.ts";
export { APPROVAL_TERMS, forbids, permits, requiresApproval } from "./policies.ts";
export { texts, tool, turn } from "./tools.ts";
export { VECTORS } from "./vectors/index.ts";

export type { AdapterHarness } from "./adapter-harness.ts";
export type { DenialText } from "./demand.ts";
export type { HarnessParts } from "./create-harness.ts";
export type { FakeClock } from "./fake-clock.ts";
export type { Probe, ProbeRun } from "./probe.ts";
export type { VectorReport } from "./run-vector.ts";
export type {
  Attack,
  AttackKind,
  CallOutput,
  HarnessMode,
  ModelCall,
  ModelRequest,
  ModelTurn,
  Observation,
  Scenario,
  ScenarioTool,
  ToolBody,
  ToolSpec,
} from "./scenario.ts";
export type {
  AdapterLetter,
  CaseParts,
  CaseResult,
  ContextSpec,
  PolicySpec,
  TurnActions,
  TurnStep,
  Vector,
  VectorCase,
  VectorId,
} from "./vector.ts";
