import { canonicalize } from "../canonical-json.ts";
import { PortcullisError } from "../errors.ts";
import type { ActivePolicy } from "../internal/active-policy.ts";
import type { GuardRuntime } from "../internal/guard-runtime.ts";
import type { JsonObject, Json } from "../json.ts";
import type { VerifiedCredential } from "../ports/credential-verifier.ts";
import { Refusal } from "../refusal.ts";
import { validateStandard } from "../standard-schema.ts";
import type { CanonicalArgs } from "../tool-call.ts";
import { toTokenRefusal } from "./authenticate.ts";

/** Arguments that were read once: from here on nothing looks at the caller's object. */
export interface Validated {
  /** Frozen copy in canonical order. */
  readonly args: CanonicalArgs;
  /** RFC 8785 text of `args`. */
  readonly argsText: string;
  /** base64url SHA-256 of `argsText`. */
  readonly argsDigest: string;
}

/**
 * Stage 3: canonical arguments that fit the tool author's schema and the catalogue's.
 *
 * @throws {Refusal} `arguments-not-plain`, `arguments-too-large`, `arguments-invalid`, or the
 * token's code when the credential does not cover them.
 */
export async function validate(
  runtime: GuardRuntime,
  policy: ActivePolicy,
  call: { readonly tool: string; readonly args: unknown },
  credential: VerifiedCredential | undefined,
): Promise<Validated> {
  const { schemas } = runtime.options;
  const author =
    schemas !== undefined && Object.hasOwn(schemas, call.tool) ? schemas[call.tool] : undefined;
  let { value, text } = toCanonical(call.args, false);
  if (author !== undefined) {
    // The author's schema gets the snapshot, never the caller's object.
    const parsed = await validateStandard(author, value);
    if (!parsed.ok) throw new Refusal("arguments-invalid", { issues: parsed.issues });
    ({ value, text } = toCanonical(parsed.value, true));
  }
  const args = checkSchema(policy, call.tool, value);
  if (credential !== undefined) {
    try {
      await credential.bindArguments(text);
    } catch (cause) {
      throw toTokenRefusal(cause, "token-unavailable");
    }
  }
  return { args, argsText: text, argsDigest: await runtime.digest.sha256(text) };
}

/** Checks canonical arguments against the catalogue's schema of the tool. */
function checkSchema(policy: ActivePolicy, tool: string, value: Json): CanonicalArgs {
  const validator = policy.validators.get(tool);
  if (validator === undefined || !isObject(value)) throw new Refusal("arguments-invalid");
  const result = validator.validate(value);
  if (!result.ok) throw new Refusal("arguments-invalid", { issues: result.issues });
  return value;
}

function toCanonical(
  value: unknown,
  dropUndefined: boolean,
): { readonly value: Json; readonly text: string } {
  try {
    return canonicalize(value, { dropUndefined });
  } catch (cause) {
    const fields = PortcullisError.isInstance(cause) ? cause.fields : {};
    const code = fields.reason === "too-large" ? "arguments-too-large" : "arguments-not-plain";
    throw new Refusal(code, fields.issues === undefined ? {} : { issues: fields.issues });
  }
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
