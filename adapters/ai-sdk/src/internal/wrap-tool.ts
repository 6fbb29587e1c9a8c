import { PortcullisConfigError, isPermittedName, policyName } from "@portcullis/core";
import type { AdapterOptions, Guard } from "@portcullis/core";
import { createDescribeTool } from "./describe-tool.ts";
import { guardExecute } from "./guard-execute.ts";
import type { ToolCallDetails } from "./guard-execute.ts";
import { exempt, guarded, isCallable, policyTools, protectedBy, readMember } from "./registry.ts";
import type { Callable, Protected } from "./registry.ts";

/** Options of one wrapped tool. */
export interface WrapOptions extends AdapterOptions<ToolCallDetails> {
  /** Registered name of the tool. */
  readonly name: string;
}

/** User code that the SDK runs before `execute`, with undecided arguments. */
const NO_CALLBACKS = {
  onInputStart: undefined,
  onInputDelta: undefined,
  onInputAvailable: undefined,
};

/** Marks the SDK's search tool, whose `execute` the SDK replaces in every step. */
const TOOL_SEARCH = Symbol.for("vercel.ai.toolSearch");

/** Not enumerable, so a spread loses it and with it the guard around what it binds. */
const TOOL_CALLER = "experimental_toolCaller";

/**
 * Gives a frozen copy of a tool that runs only under the guard.
 *
 * @throws {PortcullisConfigError} `ERR_OPTIONS_INVALID` when nothing is there to wrap and no
 * option permits the tool.
 */
export function wrapTool(tool: object, options: WrapOptions): object {
  const { guard, name, server } = options;
  if (guarded.has(tool, guard) || exempt.has(tool, guard)) return tool;
  const policy = policyName(options, name);
  const caller = guardToolCaller(readMember(tool, TOOL_CALLER), options);
  const execute = readMember(tool, "execute");
  const obstacle = findObstacle(tool);
  if (obstacle !== undefined || !isCallable(execute)) {
    const { option, reason } = obstacle ?? NO_EXECUTE;
    if (isPermittedName(option, options[option], name)) {
      return exempt.add(copyTool(tool, { execute: undefined, [TOOL_CALLER]: caller }), guard);
    }
    throw new PortcullisConfigError(
      option,
      `The tool \`${name}\` ${reason}; leave it out, or name it in \`${option}\` with a reason.`,
    );
  }

  const inner = protect(tool, execute, guard);
  const describe = createDescribeTool(tool, name);
  const wrapped = guardExecute({ inner, name, options, describe });
  protectedBy.set(wrapped, inner);
  const copy = copyTool(tool, { execute: wrapped, [TOOL_CALLER]: caller });
  const providerDefined = readMember(tool, "type") === "provider";
  const origin = server === undefined ? "local" : "mcp";
  policyTools.set(copy, { name: policy, origin, providerDefined });
  return guarded.add(copy, guard);
}

interface Obstacle {
  readonly option: "clientTools" | "providerTools";
  readonly reason: string;
}

const NO_EXECUTE: Obstacle = { option: "clientTools", reason: "has no `execute` to guard" };
const BY_PROVIDER: Obstacle = { option: "providerTools", reason: "is run by the provider" };
const BY_SDK: Obstacle = { option: "clientTools", reason: "is run by the SDK itself" };

function findObstacle(tool: object): Obstacle | undefined {
  const byProvider = readMember(tool, "isProviderExecuted");
  if (byProvider === true) return BY_PROVIDER;
  if (readMember(tool, "type") === "provider" && byProvider !== false) return BY_PROVIDER;
  return readMember(tool, TOOL_SEARCH) === true ? BY_SDK : undefined;
}

/** A clone of a guarded tool is guarded anew around the original, so that nothing is decided twice. */
function protect(tool: object, execute: Callable, guard: Guard): Protected {
  const callback = readMember(tool, "onInputAvailable");
  const onInputAvailable = isCallable(callback) ? callback : undefined;
  const known = protectedBy.get(execute);
  if (known?.guard !== guard) return { guard, execute, owner: tool, onInputAvailable };
  return { ...known, onInputAvailable: onInputAvailable ?? known.onInputAvailable };
}

function copyTool(tool: object, members: Readonly<Record<string, unknown>>): object {
  const copy: object = Object.create(Object.getPrototypeOf(tool));
  for (const key of Reflect.ownKeys(tool)) {
    const enumerable = Object.prototype.propertyIsEnumerable.call(tool, key);
    const value = readMember(tool, key);
    Object.defineProperty(copy, key, { value, enumerable, configurable: true });
  }
  for (const [key, value] of Object.entries({ ...NO_CALLBACKS, ...members })) {
    Reflect.deleteProperty(copy, key);
    // What is undefined has to hide a prototype's member.
    if (value === undefined && !(key in copy)) continue;
    Object.defineProperty(copy, key, { value, enumerable: key !== TOOL_CALLER });
  }
  return Object.freeze(copy);
}

/** `bind` makes a fresh tool that takes the place of the guarded one, so its result is wrapped. */
function guardToolCaller(caller: unknown, options: WrapOptions): unknown {
  if (typeof caller !== "object" || caller === null) return undefined;
  const bind = readMember(caller, "bind");
  if (!isCallable(bind)) return caller;
  const guardedBind = (tools: Readonly<Record<string, object>>): object => {
    for (const [key, tool] of Object.entries(tools)) {
      // The SDK hands clones over, so the executable counts here, not the object.
      const execute = readMember(tool, "execute");
      if (!isCallable(execute) || protectedBy.get(execute)?.guard === options.guard) continue;
      throw new PortcullisConfigError("tools", `The tool \`${key}\` is not guarded.`);
    }
    return wrapTool(Reflect.apply(bind, caller, [tools]), options);
  };
  return Object.freeze({ ...caller, bind: guardedBind });
}
