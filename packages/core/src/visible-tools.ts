import type { ContextInput } from "./call-context.ts";
import { couldPermit } from "./evaluate-policy.ts";
import { UNKNOWN } from "./evaluation-request.ts";
import type { DefinitionLike, VisibleToolsOptions } from "./guard.ts";
import type { ActivePolicy } from "./internal/active-policy.ts";
import type { GuardRuntime } from "./internal/guard-runtime.ts";
import { judgeDefinition } from "./internal/judge-definition.ts";
import { recordDefinition } from "./internal/record-definition.ts";
import type { Authenticated } from "./stages/authenticate.ts";
import { authenticate } from "./stages/authenticate.ts";

/**
 * The definitions of the tools that the principal may use with some arguments, by the compiled
 * policy that enforces. Whatever cannot be judged is withheld. A definition that is refused is on
 * record before this resolves, each refusal once.
 */
export async function visibleTools<D extends DefinitionLike>(
  runtime: GuardRuntime,
  definitions: readonly D[],
  options: VisibleToolsOptions & {
    readonly context: ContextInput | undefined;
    /** False where the definitions are names alone: a refusal says nothing about a server then. */
    readonly isList?: boolean;
  },
): Promise<readonly D[]> {
  const { nameOf = (name: string): string => name, origin = "local", isList = true } = options;
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
      // Also of a tool that nobody may use: what a server changes or adds is to be on record.
      const presented = { tool, entry, definition, moment: "list" } as const;
      const refused = await judgeDefinition(runtime, presented);
      if (isList && runtime.noticed.isNews(tool, refused) && refused !== undefined) {
        await recordDefinition(runtime, policy, { tool, refused });
      }
      if (refused !== undefined || entry === undefined || entry.origin !== origin) return false;
      // Each tool for itself: a permit is bound to one, and the risk is the tool's own.
      const subject = { tool, entry, isCall: false };
      const caller = await authenticate(runtime, policy, subject, options.context);
      return couldBeUsed(runtime, policy, { tool, caller });
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
