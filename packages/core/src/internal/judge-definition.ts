import { canonicalize } from "../canonical-json.ts";
import { definitionDigest } from "../definition-digest.ts";
import type { DenialCode } from "../denial.ts";
import type { DefinitionLike } from "../guard.ts";
import type { ToolEntry } from "../policy-document.ts";
import type {
  DefinitionFinding,
  DefinitionMoment,
  DefinitionVerdict,
} from "../ports/definition-inspector.ts";
import type { ToolDefinition } from "../tool-call.ts";
import { createDeadline } from "./deadline.ts";
import type { GuardRuntime } from "./guard-runtime.ts";

/** Longest time that one inspection may take. */
const MOST_MS = 1000;

/** What stands against a definition. */
export interface RefusedDefinition {
  readonly code: Extract<DenialCode, `definition-${string}`>;
  readonly findings: readonly DefinitionFinding[];
}

/** A definition, with the tool whose it is said to be. */
export interface PresentedDefinition {
  readonly tool: string;
  /** Undefined for a tool that the catalogue does not have. */
  readonly entry: Pick<ToolEntry, "pin"> | undefined;
  readonly definition: DefinitionLike;
  readonly moment: DefinitionMoment;
}

const REFUSALS = {
  clean: undefined,
  suspicious: "definition-suspicious",
  poisoned: "definition-poisoned",
  changed: "definition-changed",
  unknown: "definition-unknown",
  stale: "definition-stale",
} as const satisfies Readonly<
  Record<DefinitionVerdict["verdict"], RefusedDefinition["code"] | undefined>
>;

/** Verdicts about an approval, which the pin of the policy in force overrides. */
const OVERRULED: ReadonlySet<string> = new Set(["suspicious", "changed", "unknown"]);

/** The protocol's own requests, such as `resources/read`, have no definition that anybody lists. */
export function hasDefinition(tool: string): boolean {
  return !tool.startsWith("mcp-method:");
}

/**
 * What stands against a definition: the policy's pin first, then the inspector; undefined when
 * nothing does. Both see the same frozen copy.
 */
export async function judgeDefinition(
  runtime: GuardRuntime,
  presented: PresentedDefinition,
): Promise<RefusedDefinition | undefined> {
  const { tool, entry } = presented;
  const pin = entry?.pin;
  const isInspected = runtime.options.definitions !== undefined && hasDefinition(tool);
  if (pin === undefined && !isInspected) return undefined;
  try {
    const definition = copyDefinition(presented.definition);
    if (pin !== undefined && (await definitionDigest(runtime.digest, tool, definition)) !== pin) {
      return { code: "definition-changed", findings: [] };
    }
    const answer = await askInspector(runtime, presented, definition);
    if (answer === undefined) return undefined;
    const { verdict, findings } = answer;
    if (!Object.hasOwn(REFUSALS, verdict) || !Array.isArray(findings)) return UNAVAILABLE;
    if (pin !== undefined && OVERRULED.has(verdict)) return undefined;
    const code = REFUSALS[verdict];
    return code === undefined ? undefined : { code, findings };
  } catch {
    return UNAVAILABLE;
  }
}

const UNAVAILABLE: RefusedDefinition = Object.freeze({
  code: "definition-unavailable",
  findings: Object.freeze([]),
});

function copyDefinition(definition: DefinitionLike): ToolDefinition {
  const { value } = canonicalize({ ...definition }, { dropUndefined: true });
  if (typeof value !== "object" || value === null || !("name" in value)) {
    throw new TypeError("A definition is an object with a name.");
  }
  const { name } = value;
  if (typeof name !== "string") throw new TypeError("A definition's name is a text.");
  return Object.freeze({ ...value, name });
}

async function askInspector(
  { options, clock, timeoutMs }: GuardRuntime,
  { tool, moment }: PresentedDefinition,
  definition: ToolDefinition,
): Promise<DefinitionVerdict | undefined> {
  const answer = options.definitions?.inspect(tool, definition, moment);
  if (answer === undefined || "verdict" in answer) return answer;
  // Before the call's own time is over, so that the refusal names what was late.
  const deadline = createDeadline(clock, Math.min(MOST_MS, timeoutMs / 2), undefined);
  try {
    return await deadline.race(Promise.resolve(answer));
  } finally {
    deadline.dispose();
  }
}
