import { buildVerb } from "./commands/build.ts";
import { demoVerb } from "./commands/demo.ts";
import { evalVerb } from "./commands/eval.ts";
import { explainVerb } from "./commands/explain.ts";
import { fmtVerb } from "./commands/fmt.ts";
import { importVerb } from "./commands/import.ts";
import { initVerb } from "./commands/init.ts";
import { inspectVerb } from "./commands/inspect.ts";
import { keysVerb } from "./commands/keys.ts";
import { lintVerb } from "./commands/lint.ts";
import { pinVerb } from "./commands/pin.ts";
import { redactVerb } from "./commands/redact.ts";
import { publishVerb } from "./commands/publish.ts";
import { proxyVerb } from "./commands/proxy.ts";
import { replVerb } from "./commands/repl.ts";
import { scanVerb } from "./commands/scan.ts";
import { schemaVerb } from "./commands/schema.ts";
import { suggestVerb } from "./commands/suggest.ts";
import { serveBundlesVerb } from "./commands/serve-bundles.ts";
import { signVerb } from "./commands/sign.ts";
import { testVerb } from "./commands/test.ts";
import { tokenVerb } from "./commands/token.ts";
import { validateVerb } from "./commands/validate.ts";
import { verifyVerb } from "./commands/verify.ts";
import type { Verb } from "./verb.ts";

/** Every verb of the command, in the order of the help text. */
export const VERBS: readonly Verb[] = [
  initVerb,
  lintVerb,
  fmtVerb,
  testVerb,
  evalVerb,
  explainVerb,
  replVerb,
  validateVerb,
  scanVerb,
  pinVerb,
  redactVerb,
  tokenVerb,
  suggestVerb,
  schemaVerb,
  importVerb,
  keysVerb,
  buildVerb,
  signVerb,
  verifyVerb,
  inspectVerb,
  publishVerb,
  serveBundlesVerb,
  proxyVerb,
  demoVerb,
];
