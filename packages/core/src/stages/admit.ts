import { isDenialCode } from "../denial.ts";
import type { ActivePolicy } from "../internal/active-policy.ts";
import type { GuardRuntime } from "../internal/guard-runtime.ts";
import { hasDefinition, judgeDefinition } from "../internal/judge-definition.ts";
import type { ToolEntry } from "../policy-document.ts";
import { Refusal } from "../refusal.ts";
import type { ToolCall } from "../tool-call.ts";

/** A call to a tool of the catalogue, whose definition is the approved one. */
export interface Admitted {
  readonly call: ToolCall;
  readonly policy: ActivePolicy;
  readonly entry: ToolEntry;
}

/**
 * Stage 1: the tool is in the catalogue, comes from where the catalogue says, and nothing stands
 * against its definition.
 *
 * @throws {Refusal} `tool-unknown`, and every code that begins with `definition-`, or the
 * adapter's veto.
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
  refuseVetoed(call);
  await admitDefinition(runtime, entry, call);
  return { call, policy, entry };
}

/** A word that is no code refuses as well: it was meant against the call. */
function refuseVetoed({ veto }: ToolCall): void {
  if (veto === undefined) return;
  throw new Refusal(isDenialCode(veto) ? veto : "tool-unguarded");
}

/** A definition of another's making that nobody shows cannot be inspected, so it is not approved. */
async function admitDefinition(
  runtime: GuardRuntime,
  entry: ToolEntry,
  { tool, definition, origin }: ToolCall,
): Promise<void> {
  if (definition === undefined) {
    const isInspected =
      runtime.options.definitions !== undefined && origin === "mcp" && hasDefinition(tool);
    if (entry.pin !== undefined || isInspected) throw new Refusal("definition-unknown");
    return;
  }
  const refused = await judgeDefinition(runtime, { tool, entry, definition, moment: "call" });
  if (refused !== undefined) throw new Refusal(refused.code);
}
