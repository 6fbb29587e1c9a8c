import type { Json } from "@portcullis/core";
import { PortcullisConfigError, PortcullisError } from "@portcullis/core";
import { parsePublicJwk } from "@portcullis/token";
import type { HolderKey, PublicJwk } from "@portcullis/token";
import { importHolderKey } from "@portcullis/token/node";
import { z } from "zod";
import type { CliIo } from "../cli-io.ts";
import { isJsonObject } from "../is-json-object.ts";
import { readTokenJson } from "./read-token-file.ts";

/** A public key; `alg`, `use` and `kid`, as key files have them, are left aside. */
export const publicJwk: z.ZodType<PublicJwk> = z.custom<Json>().transform((value, context) => {
  const members = isJsonObject(value) ? { ...value } : {};
  const { use: _use, kid: _kid, alg, ...rest } = members;
  const jwk = parsePublicJwk(rest["kty"] === "AKP" ? { ...rest, alg: alg ?? null } : rest);
  if (jwk !== undefined) return jwk;
  context.addIssue({ code: "custom", message: "expected a public key" });
  return z.NEVER;
});

/** An object of any members. */
export const jsonObject: z.ZodType<Readonly<Record<string, Json>>> = z.custom<
  Readonly<Record<string, Json>>
>(isJsonObject, {
  error: "expected an object",
});

/**
 * Checks the members of a file against a strict schema.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID`, naming the place, never a value.
 */
export function parseFile<T>(flag: string, schema: z.ZodType<T>, json: Json): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place =
    issue === undefined || issue.path.length === 0 ? "" : ` in "${String(issue.path[0])}"`;
  const what = issue?.code === "unrecognized_keys" ? "has a member that is not known" : "is wrong";
  throw new PortcullisConfigError(flag, `The file of ${flag} ${what}${place}.`);
}

/** Reads a private key file. */
export async function readHolderKey(
  flag: string,
  path: string | undefined,
  io: CliIo,
): Promise<HolderKey> {
  if (path === undefined) {
    throw new PortcullisConfigError(flag, `Name a private key file with ${flag}.`);
  }
  const json = await readTokenJson(flag, path, io);
  return importHolderKey(parseFile(flag, z.record(z.string(), z.string()), json));
}

/** A refused claim as a usage error: who writes a grant may know what is wrong with it. */
export async function asUsage<T>(flag: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!PortcullisError.isInstance(error) || error.code === "ERR_OPTIONS_INVALID") throw error;
    const { reason, claim } = error.fields;
    const what = [reason, claim].filter((part) => part !== undefined).join(", ");
    throw new PortcullisConfigError(flag, `Verification would refuse this (${what}).`);
  }
}
