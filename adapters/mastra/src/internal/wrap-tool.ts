import { PortcullisConfigError, isPermittedName, policyName } from "@portcullis/core";
import type { Guard } from "@portcullis/core";
import { createApprovalGate } from "./approval-gate.ts";
import { describeTool } from "./describe-tool.ts";
import { readMember, textOf } from "../framework-call.ts";
import type { MastraOptions } from "../framework-call.ts";
import { guardExecute } from "./guard-execute.ts";
import { exempt, guarded, isCallable, knownBy } from "./registry.ts";
import type { Callable } from "./registry.ts";

/** Options of one wrapped tool. */
export interface WrapOptions extends MastraOptions {
  /** The tool pauses and goes on with data that a model can write; says why that is right. */
  readonly resume?: { readonly reason: string };
}

/** User code that Mastra runs with undecided arguments. */
const CALLBACKS = ["onInputStart", "onInputDelta", "onInputAvailable"];

/** Shortest reason that says anything. */
const MIN_REASON = 20;

/**
 * Gives a frozen copy of a tool that runs only under the guard.
 *
 * @throws {PortcullisConfigError} `ERR_OPTIONS_INVALID` when nothing is there to wrap, or the tool
 * resumes without `resume`, and no option permits it.
 */
export function wrapTool(tool: object, key: string, options: WrapOptions): object {
  const { guard, server } = options;
  if (guarded.has(tool, guard) || exempt.has(tool, guard)) return tool;
  const id = textOf(readMember(tool, "id")) ?? key;
  const name = policyName(options, id);
  const execute = readMember(tool, "execute");
  const obstacle = findObstacle(tool);
  if (obstacle !== undefined || !isCallable(execute)) {
    const { option, reason } = obstacle ?? NO_EXECUTE;
    if (isPermittedName(option, options[option], id)) {
      return exempt.add(copyTool(tool, { execute: undefined }), guard);
    }
    throw new PortcullisConfigError(
      option,
      `The tool \`${id}\` ${reason}; leave it out, or name it in \`${option}\` with a reason.`,
    );
  }
  refuseResumption(tool, id, options);

  // A clone of a guarded tool is guarded anew around the original, so that nothing is decided twice.
  const inner = originalOf(execute, guard) ?? tool;
  const own = readMember(inner, "execute");
  const origin = server === undefined ? "local" : "mcp";
  const under = {
    inner,
    execute: isCallable(own) ? own : execute,
    name,
    origin,
    options,
    schema: readMember(inner, "inputSchema"),
    definition: describeTool(inner, id),
  } as const;
  const run = guardExecute(under);
  const gate = createApprovalGate(under);
  const known = { name, origin, guard, original: inner } as const;
  knownBy.set(run, known);
  knownBy.set(gate, known);
  const copy = copyTool(tool, { execute: run, requireApproval: gate, needsApprovalFn: undefined });
  return guarded.add(copy, guard);
}

interface Obstacle {
  readonly option: "clientTools" | "providerTools";
  readonly reason: string;
}

const NO_EXECUTE: Obstacle = { option: "clientTools", reason: "has no `execute` to guard" };
const BY_PROVIDER: Obstacle = { option: "providerTools", reason: "is run by the provider" };

/** Why nothing of a tool can be wrapped, whether or not it has an `execute`. */
export function findObstacle(tool: object): Obstacle | undefined {
  const type = readMember(tool, "type");
  const isByProvider =
    type === "provider-defined" ||
    type === "provider" ||
    readMember(tool, "isProviderExecuted") === true;
  return isByProvider ? BY_PROVIDER : undefined;
}

/** A copy with other members; a callback of the original never runs before a permit. */
export function copyTool(tool: object, members: Readonly<Record<string, unknown>>): object {
  const copy: object = Object.create(
    Object.getPrototypeOf(tool),
    Object.getOwnPropertyDescriptors(tool),
  );
  const callbacks = CALLBACKS.map((name) => [name, undefined] as const);
  for (const [name, value] of [...callbacks, ...Object.entries(members)]) {
    Object.defineProperty(copy, name, { value, enumerable: true });
  }
  return Object.freeze(copy);
}

function originalOf(execute: Callable, guard: Guard): object | undefined {
  const known = knownBy.get(execute);
  return known?.guard === guard ? known.original : undefined;
}

function refuseResumption(tool: object, id: string, { resume }: WrapOptions): void {
  const isResumable = ["suspendSchema", "resumeSchema"].some(
    (name) => (readMember(tool, name) ?? undefined) !== undefined,
  );
  if (!isResumable) return;
  if (typeof resume?.reason === "string" && resume.reason.trim().length >= MIN_REASON) return;
  throw new PortcullisConfigError(
    "resume",
    `The tool \`${id}\` goes on with data that a model can write; give \`resume\` a reason of at ` +
      "least 20 characters, and every resumed call waits for an approval.",
  );
}
