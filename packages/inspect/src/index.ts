export { emailFacts } from "./email.ts";
export { assertPublicAddress, ipFacts } from "./ip.ts";
export {
  approveTool,
  compareWithLock,
  createLockInspector,
  diffDefinitions,
  EMPTY_LOCK,
  formatToolLock,
  parseToolLock,
  pinTools,
  scanDefinition,
} from "./mcp.ts";
export { moneyFacts } from "./money.ts";
export { assertWithin, pathFacts } from "./path.ts";
export { linearMatcher } from "./patterns.ts";
export { importGitleaks } from "./import-gitleaks.ts";
export { piiScanner } from "./pii.ts";
export { createScanner } from "./scan.ts";
export { scanFacts } from "./scan-facts.ts";
export { secretScanner } from "./secrets.ts";
export { shellFacts } from "./shell.ts";
export { createSqlFacts, sqlFacts } from "./sql.ts";
export { injectionScanner, scanText } from "./text.ts";
export { typedFacts } from "./typed-facts.ts";
export { urlFacts } from "./url.ts";

export type {
  ComparedTool,
  DefinitionChange,
  LockInspector,
  LockOptions,
  PinnedResult,
  PinnedServer,
  PinnedTool,
  PinnedTools,
  PinOptions,
  PresentedTool,
  ScannedDefinition,
  ServerIdentity,
  ToolLock,
} from "./mcp.ts";
export type { ImportedRules, ImportGitleaksOptions } from "./import-gitleaks.ts";
export type { PiiScannerOptions } from "./pii.ts";
export type { ScannerOptions } from "./scan.ts";
export type { SecretScannerOptions } from "./secrets.ts";
export type { ScanRule } from "./user-rules.ts";
export type { WithinOptions } from "./path.ts";
export type { PatternSyntax } from "./patterns.ts";
export type { SqlFacts } from "./sql.ts";
export type { ScanTextOptions, TextFinding, TextVerdict } from "./text.ts";
