export { createGuard } from "./create-guard.ts";
export { trustedPrincipal, isTrustedPrincipal } from "./principal.ts";
export { createDenial, DENIALS, isDenialCode, toModelText } from "./denial.ts";
export { PortcullisConfigError, PortcullisError } from "./errors.ts";
export { PortcullisDeniedError, PortcullisToolError } from "./denied-error.ts";
export { acceptsArguments } from "./accepts-constraint.ts";
export { canonicalKey, canonicalKeys } from "./canonical-keys.ts";
export { runtimeDefaults } from "./runtime-defaults.ts";
export { canonicalize } from "./canonical-json.ts";
export { definitionDigest } from "./definition-digest.ts";
export { createSchemaCompiler } from "./json-schema/schema-compiler.ts";
export { classifyPattern } from "./json-schema/vet-pattern.ts";
export { isStandardSchema, validateStandard } from "./standard-schema.ts";
export { createRedactor } from "./redactor.ts";
export { parsePolicy } from "./parse-policy.ts";
export { readStrictJson } from "./strict-json.ts";
export { toTokenDenialCode } from "./token-denial-code.ts";
export { policyDigestText } from "./policy-digest.ts";
export { compilePolicy } from "./compile-policy.ts";
export { couldPermit, evaluatePolicy } from "./evaluate-policy.ts";
export { askedRequest } from "./asked-request.ts";
export { explainRules } from "./explain.ts";
export { withPolicyRoles } from "./evaluate/policy-roles.ts";
export { mergeObligations } from "./merge-obligations.ts";
export { UNKNOWN } from "./evaluation-request.ts";
export { AST_VERSION, CONDITION_LIMITS, ROOTS } from "./rule-ast.ts";
export { createSharedKeyApprovalVerifier, signApproval } from "./approvals/shared-key-verifier.ts";
export { createMemoryApprovalStore } from "./memory/approval-store.ts";
export { createMemoryDecisionSink } from "./memory/decision-sink.ts";
export { createJsonLinesSink } from "./memory/json-lines-sink.ts";
export { createMemoryLimitStore } from "./memory/limit-store.ts";
export { createMemoryReplayStore } from "./memory/replay-store.ts";
export { createMemorySessionStore } from "./memory/session-store.ts";
export {
  createGuardRegistry,
  isPermittedName,
  policyName,
  resolveContext,
  thaw,
} from "./adapter-options.ts";
export { executeSafely, toValue } from "./execute-safely.ts";
export { recordRefusal } from "./record-refusal.ts";

export type { AbortHandle, AbortSignalLike, Signal } from "./abort.ts";
export type {
  AdapterOptions,
  ContextCall,
  ContextOption,
  ContextSources,
  GuardRegistry,
  PermittedNames,
} from "./adapter-options.ts";
export type {
  CallContext,
  ContextInput,
  Credential,
  InProcessPermit,
  SessionRef,
  TaskToken,
} from "./call-context.ts";
export type { Canonical, CanonicalLimits } from "./canonical-json.ts";
export type { CompiledPolicy, CompileOptions } from "./compile-policy.ts";
export type {
  ApprovalRequest,
  Decision,
  DecisionBase,
  MatchedRule,
  Outcome,
  PolicyRef,
  RiskScore,
} from "./decision.ts";
export type { Denial, DenialCode, DenialOptions, DenialRule, Retryable } from "./denial.ts";
export type { ToolFailure } from "./denied-error.ts";
export type { ErrorFields, Issue, PortcullisErrorCode } from "./errors.ts";
export type { SafeExecution } from "./execute-safely.ts";
export type { Evaluation } from "./evaluate-policy.ts";
export type { ArgumentLabels, LeafLabels, Place } from "./argument-labels.ts";
export type { EvaluationRequest } from "./evaluation-request.ts";
export type { ClauseTrace, RuleTrace } from "./explain.ts";
export type { GuardOptions } from "./guard-options.ts";
export type {
  ApprovalAnswer,
  DefinitionLike,
  Guard,
  Run,
  RunControl,
  VisibleToolsOptions,
} from "./guard.ts";
export type { Json, JsonObject } from "./json.ts";
export type { SchemaCompiler, SchemaCompilerOptions } from "./json-schema/schema-compiler.ts";
export type { SchemaIssue, SchemaResult, SchemaValidator } from "./json-schema/schema-validator.ts";
export type { MergedObligations } from "./merge-obligations.ts";
export type {
  ApprovalTerms,
  Approvers,
  Budget,
  FactDeclaration,
  Limit,
  LimitScope,
  Mode,
  Obligation,
  PolicyDocument,
  Rate,
  Risk,
  RiskFactor,
  RiskLevel,
  Rule,
  Sensitivity,
  ToolClass,
  ToolEntry,
} from "./policy-document.ts";
export type {
  ApprovalRecord,
  ApprovalState,
  ApprovalStatement,
  ApprovalStore,
  ApprovalVerifier,
  ApprovalVote,
  ProvenApprover,
} from "./ports/approval-store.ts";
export type {
  CredentialVerifier,
  DelegationHop,
  ExpectedCall,
  ExpectedCaller,
  RefusedCaller,
  ReplayStore,
  RoleResolver,
  VerifiedCaller,
  VerifiedCredential,
} from "./ports/credential-verifier.ts";
export type { DecisionRecord, DecisionSink, RecordedFinding } from "./ports/decision-sink.ts";
export type {
  DefinitionFinding,
  DefinitionInspector,
  DefinitionMoment,
  DefinitionVerdict,
} from "./ports/definition-inspector.ts";
export type { DryRunner, DryRunReport, ReceiptSigner } from "./ports/dry-runner.ts";
export type {
  FactContext,
  FactErrorCode,
  FactExtractor,
  FactPredicate,
  FactProvider,
  FactResult,
} from "./ports/fact-provider.ts";
export type { LimitDemand, LimitStore, Reservation } from "./ports/limit-store.ts";
export type { Notification, Notifier } from "./ports/notifier.ts";
export type { CompiledPattern, PatternMatcher } from "./ports/pattern-matcher.ts";
export type { PolicyObservation, PolicySource, SourcedPolicy } from "./ports/policy-source.ts";
export type { Awaitable, Clock, Digest, Random } from "./ports/runtime.ts";
export type {
  Placeholders,
  RedactedSpan,
  RedactedText,
  Redactor,
  RedactorOptions,
} from "./redactor.ts";
export type { Finding, Scanner, ScanLimits, ScanResult } from "./ports/scanner.ts";
export type { Scope, ScopePort } from "./ports/scope-port.ts";
export type {
  CallEntry,
  CallOutcome,
  FoundLabels,
  LabelledValues,
  SessionSnapshot,
  SessionStart,
  SessionStore,
  Usage,
  ValueMarks,
} from "./ports/session-store.ts";
export type {
  Actor,
  ArgumentConstraint,
  Ceiling,
  Grant,
  Party,
  Principal,
  TrustedPrincipal,
  TrustedPrincipalInput,
} from "./principal.ts";
export type {
  ArithmeticNode,
  CompareNode,
  CondNode,
  ConvertNode,
  FactNode,
  FactTestNode,
  HasNode,
  InNode,
  LitNode,
  LogicNode,
  MatchesNode,
  NegNode,
  Node,
  NotNode,
  OrValueNode,
  QuantifierNode,
  SizeNode,
  StaticType,
  StringTestNode,
  AnomalyNode,
  LabelsOfNode,
  UserSaidNode,
  VarNode,
} from "./rule-ast.ts";
export type { StrictJsonCode, StrictJsonResult } from "./strict-json.ts";
export type { StandardSchema } from "./standard-schema.ts";
export type { CallVeto, CanonicalArgs, ToolCall, ToolDefinition, ToolOrigin } from "./tool-call.ts";
