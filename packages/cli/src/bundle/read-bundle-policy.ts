import { parsePolicy, PortcullisError } from "@portcullis/core";
import type { Json, PolicyDocument } from "@portcullis/core";
import type { InspectedBundle } from "./recompile-bundle.ts";

/**
 * The policy that a bundle carries, for people who compare it; nothing was verified.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_INVALID` with `policy` when it is not a policy.
 */
export function readBundlePolicy({ files, document }: InspectedBundle): PolicyDocument {
  try {
    const policy = parse(files.get("policies/policy.json") ?? "");
    const tools: [string, Json][] = [...files]
      .filter(([path]) => path.startsWith("tools/"))
      .map(([, text]) => {
        const { tool, ...entry } = toObject(parse(text));
        if (typeof tool !== "string") throw new TypeError("A tool has no name.");
        return [tool, entry];
      });
    return parsePolicy({ ...toObject(policy), tools: Object.fromEntries(tools) });
  } catch (cause) {
    const { name, serial } = document;
    throw new PortcullisError("ERR_BUNDLE_INVALID", "The bundle carries no valid policy.", {
      cause,
      fields: { reason: "policy", document: "bundle", bundle: name, serial },
    });
  }
}

function parse(text: string): Json {
  const value: Json = JSON.parse(text);
  return value;
}

function toObject(value: Json): Readonly<Record<string, Json>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value));
  }
  throw new TypeError("It is no object.");
}
