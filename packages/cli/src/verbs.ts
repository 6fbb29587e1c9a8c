import { demoVerb } from "./commands/demo.ts";
import { evalVerb } from "./commands/eval.ts";
import { explainVerb } from "./commands/explain.ts";
import { fmtVerb } from "./commands/fmt.ts";
import { importVerb } from "./commands/import.ts";
import { initVerb } from "./commands/init.ts";
import { lintVerb } from "./commands/lint.ts";
import { pinVerb } from "./commands/pin.ts";
import { redactVerb } from "./commands/redact.ts";
import { replVerb } from "./commands/repl.ts";
import { scanVerb } from "./commands/scan.ts";
import { schemaVerb } from "./commands/schema.ts";
import { suggestVerb } from "./commands/suggest.ts";
import { testVerb } from "./commands/test.ts";
import { tokenVerb } from "./commands/token.ts";
import { validateVerb } from "./commands/validate.ts";
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
  demoVerb,
];
