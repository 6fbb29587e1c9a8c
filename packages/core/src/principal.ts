import { PortcullisConfigError } from "./errors.ts";
import type { Json } from "./json.ts";

/** An agent or a person with the roles that hold now. */
export interface Party {
  /** Stable id, such as `support-bot` or `user:ann`. */
  readonly id: string;
  /** Live roles; tokens never carry any. */
  readonly roles: readonly string[];
}

/** One hop of the delegation chain. */
export type Actor = Party;

/** A condition on one argument of a delegated tool. */
export type ArgumentConstraint =
  | { readonly type: "exact"; readonly value: Json }
  | { readonly type: "one_of"; readonly values: readonly Json[] }
  | { readonly type: "not_one_of"; readonly excluded: readonly Json[] }
  | {
      readonly type: "range";
      readonly min?: number;
      readonly max?: number;
      /** Whether `min` itself is within; default true. */
      readonly minInclusive?: boolean;
      /** Whether `max` itself is within; default true. */
      readonly maxInclusive?: boolean;
    }
  /** An array that holds every element listed. */
  | { readonly type: "contains"; readonly required: readonly Json[] }
  /** An array of listed elements only. */
  | { readonly type: "subset"; readonly allowed: readonly Json[] }
  | { readonly type: "wildcard" }
  | { readonly type: "all"; readonly constraints: readonly ArgumentConstraint[] }
  | { readonly type: "any"; readonly constraints: readonly ArgumentConstraint[] };

/** One tool that was delegated to this task, with what its arguments may be. */
export interface Grant {
  /** Exact tool name. */
  readonly tool: string;
  /**
   * Constraint for each argument by its name; then no other argument may be present.
   * Absent means any arguments.
   */
  readonly args?: Readonly<Record<string, ArgumentConstraint>>;
}

/** The outer bound of a task; `[]` permits nothing. */
export type Ceiling = "unlimited" | readonly Grant[];

/** Who acts, for whom, through whom, and within what. Built by core alone. */
export interface Principal {
  /** The acting agent, `chain[0]`. */
  readonly agent: Party;
  /** On whose behalf (`sub`), if anyone's. */
  readonly user?: Party;
  /** All actors, newest first, as the `act` claim nests them (RFC 8693 §4.1). */
  readonly chain: readonly Actor[];
  /** What was delegated to this task. */
  readonly ceiling: Ceiling;
}

/** What a host states about the identity behind a call. */
export interface TrustedPrincipalInput {
  /** The acting agent. */
  readonly agent: { readonly id: string; readonly roles?: readonly string[] };
  /** The person on whose behalf it acts. */
  readonly user?: { readonly id: string; readonly roles?: readonly string[] };
  /** Agents that delegated to it, newest first, without the acting one. Default none. */
  readonly delegators?: readonly { readonly id: string; readonly roles?: readonly string[] }[];
  /** What the task may do at most. Default `"unlimited"`. */
  readonly ceiling?: "unlimited" | readonly (string | Grant)[];
}

declare const trusted: unique symbol;

/** The host's own word for an identity: only an object made by {@link trustedPrincipal}. */
export interface TrustedPrincipal extends Principal {
  readonly [trusted]: true;
}

const made: WeakSet<object> = new WeakSet();

/**
 * States an identity on the host's own authority.
 *
 * Only the returned object itself counts: equal JSON, a copy or a spread is denied with
 * `context-missing`. A policy with `identity: token` refuses it.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when an id or a role is empty or not a string.
 *
 * @example
 * ```ts
 * const principal = trustedPrincipal({
 *   agent: { id: "support-bot", roles: ["support"] },
 *   user: { id: "user:ann" },
 *   ceiling: ["read_ticket", "issue_refund"],
 * });
 * ```
 */
export function trustedPrincipal(input: TrustedPrincipalInput): TrustedPrincipal {
  const agent = toParty(input.agent, "agent");
  const delegators = (input.delegators ?? []).map((actor) => toParty(actor, "delegators"));
  const base = {
    agent,
    chain: Object.freeze([agent, ...delegators]),
    ceiling: toCeiling(input.ceiling ?? "unlimited"),
  };
  const principal =
    input.user === undefined ? base : { ...base, user: toParty(input.user, "user") };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one place that mints the brand
  const result = Object.freeze(principal) as TrustedPrincipal;
  made.add(result);
  return result;
}

/** Tells whether a value is an object that {@link trustedPrincipal} made in this process. */
export function isTrustedPrincipal(value: unknown): value is TrustedPrincipal {
  return typeof value === "object" && value !== null && made.has(value);
}

function toParty(
  party: { readonly id: string; readonly roles?: readonly string[] },
  option: string,
): Party {
  const roles = party.roles ?? [];
  if (!isName(party.id)) {
    throw new PortcullisConfigError(option, `\`${option}.id\` must be a non-empty text.`);
  }
  if (!Array.isArray(roles) || !roles.every(isName)) {
    throw new PortcullisConfigError(option, `\`${option}.roles\` must be a list of names.`);
  }
  return Object.freeze({ id: party.id, roles: Object.freeze([...roles]) });
}

function toCeiling(ceiling: "unlimited" | readonly (string | Grant)[]): Ceiling {
  if (ceiling === "unlimited") return ceiling;
  if (!Array.isArray(ceiling)) {
    throw new PortcullisConfigError("ceiling", '`ceiling` must be "unlimited" or a list of tools.');
  }
  return Object.freeze(
    ceiling.map((entry: string | Grant): Grant => {
      const grant = typeof entry === "string" ? { tool: entry } : entry;
      if (!isName(grant.tool)) {
        throw new PortcullisConfigError("ceiling", "`ceiling` entries must name a tool.");
      }
      return deepFreeze(structuredCopy(grant));
    }),
  );
}

function structuredCopy(grant: Grant): Grant {
  return grant.args === undefined
    ? { tool: grant.tool }
    : { tool: grant.tool, args: { ...grant.args } };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    // Also below what is frozen already: its own members need not be.
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= 256;
}
