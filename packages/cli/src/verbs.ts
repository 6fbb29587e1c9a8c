import { demoVerb } from "./commands/demo.ts";
import { evalVerb } from "./commands/eval.ts";
import { initVerb } from "./commands/init.ts";
import { validateVerb } from "./commands/validate.ts";
import type { Verb } from "./verb.ts";

/** Every verb of the command, in the order of the help text. */
export const VERBS: readonly Verb[] = [initVerb, evalVerb, validateVerb, demoVerb];
