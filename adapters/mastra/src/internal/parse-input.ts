import { canonicalize } from "@portcullis/core";
import { isCallable } from "./registry.ts";
import { readMember } from "../framework-call.ts";

/** What a tool's own schema makes of its input. */
export type Parsed =
  | { readonly ok: true; readonly value: unknown }
  /** The schema refuses the input, or cannot be asked. */
  | { readonly ok: false };

/**
 * Passes input through a tool's own schema: a Standard Schema as Mastra's tools have it, or a
 * schema of the AI SDK as the tools have that Mastra built. Input of a tool without a schema
 * stays as it is.
 */
export async function parseInput(schema: unknown, input: unknown): Promise<Parsed> {
  if (schema === undefined || schema === null) return { ok: true, value: input };
  try {
    const standard = readMember(schema, "~standard");
    const validate = readMember(standard ?? schema, "validate");
    if (!isCallable(validate)) return { ok: true, value: input };
    const result: unknown = await Reflect.apply(validate, standard ?? schema, [input]);
    const isRefused =
      standard === undefined
        ? readMember(result, "success") !== true
        : readMember(result, "issues") !== undefined;
    return isRefused ? { ok: false } : { ok: true, value: readMember(result, "value") };
  } catch {
    return { ok: false };
  }
}

/**
 * Makes sure that the tool, which passes its input through the schema once more, will run with
 * exactly the arguments that were decided on.
 *
 * @throws {TypeError} when the schema refuses them or makes something else of them.
 */
export async function assertStable(schema: unknown, args: unknown): Promise<void> {
  const again = await parseInput(schema, args);
  if (!again.ok) throw new TypeError("The tool's schema refuses the arguments.");
  if (canonicalize(again.value ?? {}).text !== canonicalize(args).text) {
    throw new TypeError("The tool's schema changes arguments that it has changed before.");
  }
}
