import { canonicalize } from "../canonical-json.ts";
import type { ActivePolicy } from "../internal/active-policy.ts";
import type { GuardRuntime } from "../internal/guard-runtime.ts";
import type { ToolEntry } from "../policy-document.ts";
import { Refusal } from "../refusal.ts";
import type { ToolCall, ToolDefinition } from "../tool-call.ts";

/** A call to a tool of the catalogue, whose definition is the approved one. */
export interface Admitted {
  readonly call: ToolCall;
  readonly policy: ActivePolicy;
  readonly entry: ToolEntry;
}

/**
 * Stage 1: the tool is in the catalogue, comes from where the catalogue says, and its definition
 * matches its pin.
 *
 * @throws {Refusal} `tool-unknown`, `definition-unknown`, `definition-changed`.
 */
export async function admit(
  runtime: GuardRuntime,
  policy: ActivePolicy,
  call: ToolCall,
): Promise<Admitted> {
  const { tools } = policy.document;
  const entry = Object.hasOwn(tools, call.tool) ? tools[call.tool] : undefined;
  if (entry === undefined || entry.origin !== (call.origin ?? "local")) {
    throw new Refusal("tool-unknown");
  }
  if (entry.pin !== undefined) await checkPin(runtime, entry.pin, call.definition);
  inspectDefinition(runtime, call);
  return { call, policy, entry };
}

/** Digest of a whole definition, in the form that pins have. */
async function digestDefinition(
  runtime: Pick<GuardRuntime, "digest">,
  definition: ToolDefinition,
): Promise<string> {
  const { text } = canonicalize(definition, { dropUndefined: true });
  return `sha256:${await runtime.digest.sha256(text)}`;
}

async function checkPin(
  runtime: GuardRuntime,
  pin: string,
  definition: ToolDefinition | undefined,
): Promise<void> {
  if (definition === undefined) throw new Refusal("definition-unknown");
  if ((await digestDefinition(runtime, definition)) !== pin) {
    throw new Refusal("definition-changed");
  }
}

/** A definition of another's making that nobody shows cannot be inspected, so it is not approved. */
function inspectDefinition({ options }: GuardRuntime, call: ToolCall): void {
  if (options.definitions === undefined) return;
  if (call.definition === undefined) {
    if (call.origin === "mcp") throw new Refusal("definition-unknown");
    return;
  }
  const { verdict } = options.definitions.inspect(call.tool, call.definition);
  if (verdict === "changed") throw new Refusal("definition-changed");
  if (verdict === "unknown") throw new Refusal("definition-unknown");
  if (verdict === "poisoned") throw new Refusal("tool-unguarded");
}
