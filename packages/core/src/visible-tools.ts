import type { ContextInput } from "./call-context.ts";
import { canonicalize } from "./canonical-json.ts";
import { couldPermit } from "./evaluate-policy.ts";
import { UNKNOWN } from "./evaluation-request.ts";
import type { DefinitionLike, VisibleToolsOptions } from "./guard.ts";
import type { ActivePolicy } from "./internal/active-policy.ts";
import type { GuardRuntime } from "./internal/guard-runtime.ts";
import type { ToolEntry } from "./policy-document.ts";
import type { Authenticated } from "./stages/authenticate.ts";
import { authenticate } from "./stages/authenticate.ts";

/**
 * The definitions of the tools that the principal may use with some arguments, by the compiled
 * policy that enforces. Whatever cannot be judged is withheld.
 */
export async function visibleTools<D extends DefinitionLike>(
  runtime: GuardRuntime,
  definitions: readonly D[],
  options: VisibleToolsOptions & { readonly context: ContextInput | undefined },
): Promise<readonly D[]> {
  const { nameOf = (name: string): string => name, origin = "local" } = options;
  let policy: ActivePolicy;
  try {
    policy = await runtime.policy.current();
  } catch {
    return [];
  }
  const isVisible = async (definition: D): Promise<boolean> => {
    try {
      const tool = nameOf(definition.name);
      const { tools } = policy.document;
      const entry = Object.hasOwn(tools, tool) ? tools[tool] : undefined;
      if (entry === undefined || entry.origin !== origin) return false;
      // Each tool for itself: a token may be bound to one.
      const caller = await authenticate(runtime, policy, { tool, entry }, options.context);
      if (!couldBeUsed(runtime, policy, { tool, caller })) return false;
      return await isApproved(runtime, { tool, entry }, definition);
    } catch {
      return false;
    }
  };
  const visible = await Promise.all(definitions.map(isVisible));
  return definitions.filter((_, index) => visible[index] === true);
}

function couldBeUsed(
  runtime: GuardRuntime,
  policy: ActivePolicy,
  { tool, caller }: { readonly tool: string; readonly caller: Authenticated },
): boolean {
  return couldPermit(policy.compiled, {
    tool,
    args: UNKNOWN,
    principal: caller.principal,
    session: UNKNOWN,
    facts: caller.facts,
    now: runtime.clock.now(),
    ...(caller.request === undefined ? {} : { request: caller.request }),
  });
}

async function isApproved(
  runtime: GuardRuntime,
  { tool, entry }: { readonly tool: string; readonly entry: ToolEntry },
  definition: DefinitionLike,
): Promise<boolean> {
  if (entry.pin !== undefined) {
    const { text } = canonicalize(definition, { dropUndefined: true });
    if (`sha256:${await runtime.digest.sha256(text)}` !== entry.pin) return false;
  }
  const inspector = runtime.options.definitions;
  if (inspector === undefined) return true;
  const { verdict } = inspector.inspect(tool, { ...definition });
  return verdict === "clean" || verdict === "suspicious";
}
