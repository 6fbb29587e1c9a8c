export { createPortcullis } from "./create-portcullis.ts";
export { createDecisionLog } from "./decision-log.ts";
export { evaluateBatch } from "./evaluate-batch.ts";
export { evaluateLine } from "./evaluate-line.ts";
export { createEvaluator } from "./evaluator.ts";
export { parseEvalLine } from "./eval-line.ts";
export { LineRefusal } from "./answer-lines.ts";
export { loadPolicyFile } from "./load-policy-file.ts";
export { formatFiles } from "./format-files.ts";
export { pinBatch } from "./pin-batch.ts";
export { scanBatch, scanTextBatch, scanTool } from "./scan-batch.ts";
export { loadToolLock } from "./tool-lock-file.ts";
export { redactBatch, redactLine } from "./redact-batch.ts";
export { run } from "./run.ts";
export { runTestFiles } from "./run-test-files.ts";
export { createProcessIo } from "./cli-io.ts";
export { verifyJwsBatch, verifyJwsLine } from "./token/jws-verify-batch.ts";
export { verifyTokenBatch } from "./token/token-verify-batch.ts";
export { toIssuerKeys } from "./token/issuer-keys.ts";
export { validateBatch, validateLine } from "./validate-batch.ts";
export {
  PortcullisConfigError,
  PortcullisDeniedError,
  PortcullisError,
  PortcullisToolError,
  toModelText,
  trustedPrincipal,
} from "@portcullis/core";

export type { LineError, LineErrorCode } from "./answer-lines.ts";
export type { CliIo, CliOutput } from "./cli-io.ts";
export type { PortcullisOptions } from "./create-portcullis.ts";
export type { DecisionLog, DecisionLogOptions } from "./decision-log.ts";
export type { EvalLine, EvalPrincipal } from "./eval-line.ts";
export type { EvaluateBatchOptions } from "./evaluate-batch.ts";
export type { EvalAnswer } from "./evaluate-line.ts";
export type { Evaluator, EvaluatorOptions } from "./evaluator.ts";
export type { ExitCode } from "./exit-code.ts";
export type { LoadedPolicy, LoadPolicyFileOptions } from "./load-policy-file.ts";
export type { FormatFilesOptions, FormattedFile } from "./format-files.ts";
export type { DefinitionLine } from "./definition-line.ts";
export type { PinAnswer, PinBatchOptions, PinnedBatch } from "./pin-batch.ts";
export type { ScanAnswer, ScanBatchOptions, ScanTextAnswer } from "./scan-batch.ts";
export type { RunTestFilesOptions, TestedPolicy } from "./run-test-files.ts";
export type { RedactAnswer, RedactLine, RedactOptions } from "./redact-batch.ts";
export type { Logger } from "./unsigned-banner.ts";
export type { JwsVerifyAnswer, JwsVerifyLine } from "./token/jws-verify-batch.ts";
export type {
  TokenPrincipal,
  TokenVerifyAnswer,
  TokenVerifyLine,
  TokenVerifyOptions,
} from "./token/token-verify-batch.ts";
export type { ValidateAnswer, ValidateLine } from "./validate-batch.ts";
export type {
  CallContext,
  ContextInput,
  Decision,
  DecisionRecord,
  DecisionSink,
  Denial,
  DenialCode,
  Guard,
  Outcome,
  PortcullisErrorCode,
  ToolCall,
  TrustedPrincipal,
  TrustedPrincipalInput,
} from "@portcullis/core";
