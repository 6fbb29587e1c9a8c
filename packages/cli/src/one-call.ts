import type { JsonObject } from "@portcullis/core";
import { PortcullisConfigError } from "@portcullis/core";
import type { StringArgDef } from "citty";
import type { CliIo } from "./cli-io.ts";
import type { EvalLine } from "./eval-line.ts";
import { isJsonObject } from "./is-json-object.ts";
import { readJsonOption } from "./read-json-option.ts";

type StringFlag = StringArgDef & { type: "string" };

/** Flags of verbs that look at one call. */
export const oneCallArgs: Readonly<
  Record<Exclude<keyof OneCallFlags, "policy"> | "now", StringFlag>
> & { readonly policy: StringFlag & { default: string } } = {
  policy: {
    type: "string",
    description: "Policy file, or a folder that holds a policy.yaml",
    default: "./policy.yaml",
    valueHint: "path",
  },
  tool: {
    type: "string",
    description: "Tool name as in the policy's catalogue",
    valueHint: "name",
  },
  args: {
    type: "string",
    description: "Arguments as JSON, - for standard input",
    valueHint: "json",
  },
  agent: { type: "string", description: "Acting agent, assistant unless given", valueHint: "id" },
  roles: { type: "string", description: "Roles of the agent", valueHint: "a,b" },
  user: { type: "string", description: "Person on whose behalf", valueHint: "id" },
  "user-roles": { type: "string", description: "Roles of the person", valueHint: "a,b" },
  prompt: { type: "string", description: "The user's own words", valueHint: "text" },
  context: { type: "string", description: "The host's facts as JSON", valueHint: "json" },
  now: { type: "string", description: "Date at which the clock stands", valueHint: "iso8601" },
};

/** Values of {@link oneCallArgs}. */
export interface OneCallFlags {
  readonly policy?: string | undefined;
  readonly tool: string;
  readonly args?: string | undefined;
  readonly agent?: string | undefined;
  readonly roles?: string | undefined;
  readonly user?: string | undefined;
  readonly "user-roles"?: string | undefined;
  readonly prompt?: string | undefined;
  readonly context?: string | undefined;
}

/**
 * The call that the flags of {@link oneCallArgs} say.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when a flag that takes JSON is given something else.
 */
export async function readOneCall(given: OneCallFlags, io: CliIo): Promise<EvalLine> {
  return {
    id: "eval",
    principal: {
      agent: given.agent ?? "assistant",
      roles: toNames(given.roles),
      user: given.user,
      userRoles: toNames(given["user-roles"]),
    },
    tool: given.tool,
    args: await readJsonOption("--args", given.args ?? "{}", io),
    prompt: given.prompt,
    context: toObject("--context", await readJsonOption("--context", given.context ?? "{}", io)),
  };
}

function toNames(text: string | undefined): readonly string[] {
  return (text ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function toObject(flag: string, value: unknown): JsonObject {
  if (isJsonObject(value)) return value;
  throw new PortcullisConfigError(flag, `${flag} takes a JSON object.`);
}

const ISO_DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/**
 * The date of `--now` in milliseconds since the epoch.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when it is no date.
 */
export function readTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = ISO_DATE.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new PortcullisConfigError("--now", "--now takes a date such as 2026-11-20T09:00:00Z.");
  }
  return time;
}
