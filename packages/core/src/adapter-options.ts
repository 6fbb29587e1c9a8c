import type { ContextInput } from "./call-context.ts";
import { PortcullisConfigError } from "./errors.ts";
import type { Guard } from "./guard.ts";
import type { Json } from "./json.ts";
import { isTrustedPrincipal } from "./principal.ts";
import type { CanonicalArgs } from "./tool-call.ts";

/** What a context function is told about the call, besides the framework's own call context. */
export interface ContextCall {
  /** Policy name of the tool. */
  readonly tool: string;
  readonly args: unknown;
  readonly callId: string;
}

/** A context, or a function that finds it for one call. */
export type ContextOption<F = unknown> =
  | ContextInput
  | ((call: ContextCall & F) => ContextInput | undefined | Promise<ContextInput | undefined>);

/** Names permitted although the guard cannot wrap them, with the reason why that is right. */
export interface PermittedNames {
  readonly permit: readonly string[];
  /** At least 20 characters, for whoever reads the code next. */
  readonly reason: string;
}

/** Options that every adapter takes. */
export interface AdapterOptions<F = unknown> {
  /** The enforcement point. */
  readonly guard: Guard;
  /** Identity and session, never built from model output. Without it the framework's own slot. */
  readonly context?: ContextOption<F>;
  /** Configured key of the MCP server the tools come from; makes names `mcp:<server>/<tool>`. */
  readonly server?: string;
  /** `pause` uses the framework's own pause for approvals; `deny` answers at once. Default `pause`. */
  readonly approvals?: "pause" | "deny";
  /** Hands the tool a private mutable copy of the frozen arguments. Default false. */
  readonly thaw?: boolean;
  /** The tool returns an async iterable although it is no async generator function. */
  readonly streaming?: boolean;
  /** Makes a call id where the framework has none. Default a random UUID. */
  readonly newId?: () => string;
  /** Tools that run on the client. */
  readonly clientTools?: PermittedNames;
  /** Tools that the model's provider runs. */
  readonly providerTools?: PermittedNames;
}

/** Where else a context may come from. */
export interface ContextSources {
  /** What the framework's own slot holds. */
  readonly slot?: unknown;
  /** The framework's thread, used as the session when the context names none. */
  readonly thread?: string;
}

const SERVER_KEY = /^[a-z0-9][a-z0-9-]*$/;

/**
 * Finds the context of one call: the option, else the framework's slot, else the scope of the
 * call during which this one is made. Undefined makes the guard deny with `context-missing`.
 */
export async function resolveContext<F extends object>(
  options: Pick<AdapterOptions<F>, "guard" | "context">,
  call: ContextCall & F,
  sources: ContextSources = {},
): Promise<ContextInput | undefined> {
  const { context } = options;
  const found =
    context === undefined
      ? (toContextInput(sources.slot) ?? options.guard.currentScope()?.context)
      : typeof context === "function"
        ? await context(call)
        : context;
  if (found === undefined || found.session !== undefined || sources.thread === undefined) {
    return found;
  }
  // A token names its own session.
  const principal =
    "principal" in found ? found.principal : "credential" in found && found.credential;
  return isTrustedPrincipal(principal) ? { ...found, session: { id: sources.thread } } : found;
}

/**
 * The name under which the policy knows a tool.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when the server key is malformed, or a tool that
 * is not of an MCP server has a name that begins with `mcp:` or `mcp-method:`.
 */
export function policyName(options: Pick<AdapterOptions, "server">, name: string): string {
  const { server } = options;
  if (server !== undefined) {
    if (!SERVER_KEY.test(server)) {
      throw new PortcullisConfigError(
        "server",
        "`server` must be lower-case letters, digits and hyphens, such as `github`.",
      );
    }
    return `mcp:${server}/${name}`;
  }
  if (name.startsWith("mcp:") || name.startsWith("mcp-method:")) {
    throw new PortcullisConfigError(
      "server",
      "A tool name that begins with `mcp:` needs the option `server` with its configured key.",
    );
  }
  return name;
}

/** A private, mutable deep copy of canonical arguments, for tools that write to their input. */
export function thaw(args: CanonicalArgs): Record<string, unknown> {
  return Object.fromEntries(Object.entries(args).map(([key, value]) => [key, thawValue(value)]));
}

/**
 * Checks that permitted names come with a reason, and tells whether a name is among them.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when the reason is shorter than 20 characters.
 */
export function isPermittedName(
  option: "clientTools" | "providerTools",
  names: PermittedNames | undefined,
  name: string,
): boolean {
  if (names === undefined) return false;
  if (typeof names.reason !== "string" || names.reason.trim().length < 20) {
    throw new PortcullisConfigError(
      option,
      `\`${option}\` needs a reason of at least 20 characters.`,
    );
  }
  return names.permit.includes(name);
}

/** Remembers which objects a guard protects, by identity; a clone or spread is not remembered. */
export interface GuardRegistry {
  /** Registers a guarded object and returns it. */
  add<T extends object>(guarded: T, guard: Guard): T;
  /** Whether this very object is guarded, by this guard where one is given. */
  has(value: unknown, guard?: Guard): boolean;
}

/** Creates an empty registry; an adapter keeps one for the whole module. */
export function createGuardRegistry(): GuardRegistry {
  const guards = new WeakMap<object, Guard>();
  return {
    add(guarded, guard) {
      guards.set(guarded, guard);
      return guarded;
    },
    has(value, guard) {
      if ((typeof value !== "object" || value === null) && typeof value !== "function")
        return false;
      const known = guards.get(value);
      return known !== undefined && (guard === undefined || guard === known);
    },
  };
}

function toContextInput(slot: unknown): ContextInput | undefined {
  if (typeof slot !== "object" || slot === null) return undefined;
  const known = ["credential", "principal", "token"].some((member) => Object.hasOwn(slot, member));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- stage 2 believes none of it
  return known ? (slot as ContextInput) : undefined;
}

function thawValue(value: Json): unknown {
  if (Array.isArray(value)) return value.map(thawValue);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, thawValue(item)]));
  }
  return value;
}
