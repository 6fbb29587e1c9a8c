import { trustedPrincipal } from "@portcullis/core";
import type {
  ArgumentConstraint,
  ContextInput,
  Grant,
  PolicyDocument,
  ToolCall,
  ToolDefinition,
  TrustedPrincipal,
} from "@portcullis/core";
import type { TestCase } from "./test-case.ts";
import type { CallSource, CeilingSource, ConstraintSource, PrincipalSource } from "./test-shape.ts";

/** The call, coming from where the catalogue says that the tool comes from. */
export function toCall({ tool, args, definition }: CallSource, policy: PolicyDocument): ToolCall {
  const entry = Object.hasOwn(policy.tools, tool) ? policy.tools[tool] : undefined;
  const named: ToolDefinition | undefined =
    definition === undefined ? undefined : { name: tool, ...definition };
  return {
    callId: "test",
    tool,
    args: args === undefined ? {} : args,
    origin: entry?.origin ?? "local",
    ...(named === undefined ? {} : { definition: named }),
  };
}

/** Who makes a call of a test, in which session, with what the host knows. */
export function toContext(
  { prompt, context, ceiling }: Pick<TestCase, "prompt" | "context" | "ceiling">,
  by: {
    readonly call: CallSource;
    readonly principal: PrincipalSource;
    readonly session: string;
  },
): ContextInput & { readonly principal: TrustedPrincipal } {
  const words = by.call.prompt ?? prompt;
  const facts = by.call.context ?? context;
  return {
    principal: toPrincipal(by.principal, ceiling),
    session: { id: by.session, isNew: true },
    ...(words === undefined ? {} : { request: [words] }),
    ...(facts === undefined ? {} : { facts }),
  };
}

function toPrincipal(
  { agent, roles = [], user, userRoles = [], delegators = [] }: PrincipalSource,
  ceiling: CeilingSource,
): TrustedPrincipal {
  return trustedPrincipal({
    agent: { id: agent, roles },
    ...(user === undefined ? {} : { user: { id: user, roles: userRoles } }),
    delegators: delegators.map((actor) => ({ id: actor.agent, roles: actor.roles ?? [] })),
    ceiling: ceiling === "unlimited" ? ceiling : ceiling.map(toGrant),
  });
}

function toGrant(entry: Exclude<CeilingSource, "unlimited">[number]): string | Grant {
  if (typeof entry === "string") return entry;
  const { tool, args } = entry;
  if (args === undefined) return { tool };
  const constraints = Object.entries(args).map(
    ([name, constraint]) => [name, toConstraint(constraint)] as const,
  );
  return { tool, args: Object.fromEntries(constraints) };
}

function toConstraint(constraint: ConstraintSource): ArgumentConstraint {
  if (constraint.type !== "range") return constraint;
  const { type, min, max } = constraint;
  return {
    type,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  };
}
