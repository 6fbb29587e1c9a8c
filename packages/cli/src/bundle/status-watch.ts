import type { JsonObject } from "@portcullis/core";
import { isJsonObject } from "../is-json-object.ts";

/** Compares what clients say of the heads they were given. */
export interface StatusWatch {
  /** A report as JSON; undefined when it is none. */
  take(
    name: string,
    body: string,
  ): { readonly status: JsonObject; readonly isTwoStories: boolean } | undefined;
}

/** Heads that are remembered; older ones are of no use to anybody. */
const REMEMBERED = 1000;

/** Creates a watch: one version of a head with two digests means that somebody is told two stories. */
export function createStatusWatch(): StatusWatch {
  const digests = new Map<string, string>();
  return {
    take(name, body) {
      const status = parse(body);
      if (status === undefined) return undefined;
      const { channel, head_version: version, head_digest: digest } = status;
      if (typeof channel !== "string" || typeof version !== "number") {
        return { status, isTwoStories: false };
      }
      const key = JSON.stringify([name, channel, version]);
      const known = digests.get(key);
      if (known === undefined && typeof digest === "string") {
        digests.set(key, digest);
        for (const old of [...digests.keys()].slice(0, -REMEMBERED)) digests.delete(old);
      }
      return { status, isTwoStories: known !== undefined && known !== digest };
    },
  };
}

function parse(body: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
