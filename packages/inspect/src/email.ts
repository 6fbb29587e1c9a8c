import type { FactProvider, FactResult } from "@portcullis/core";
import { refuseUnknownOptions } from "./internal/fact-options.ts";
import { extracted, extractOrFail, failed } from "./internal/fact-result.ts";
import { isHostWithin, toHostName } from "./internal/host-name.ts";

const MAX_LENGTH = 254;
const MAX_LOCAL = 64;
const ATOM = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+";
const DOT_STRING = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`, "i");

/**
 * Provider of `email(x)`: exactly one address, `local@domain` and nothing around it.
 *
 * The local part is a dot-string (RFC 5321 §4.1.2) of at most 64 characters. No display name, quoted
 * text, comment, group, address literal or list; several recipients are an array of addresses.
 * `local` is the whole local part in lower case with the tag, `tag` what follows its first `+`, else
 * empty. `domain` is in lower-case A-labels; `domainWithin(d)` is that domain or one below it.
 *
 * @example
 * ```ts
 * import { emailFacts } from "@portcullis/inspect/email";
 *
 * emailFacts().prepare({})("Ann+news@Example.com", { now: 0 });
 * // { ok: true, value: { local: "ann+news", tag: "news", domain: "example.com" } }
 * ```
 */
export function emailFacts(): FactProvider {
  return {
    type: "email",
    version: 1,
    fields: { local: "string", tag: "string", domain: "string" },
    predicates: {
      domainWithin: {
        field: "domain",
        test(domain, other) {
          if (typeof domain !== "string" || typeof other !== "string")
            throw new TypeError("Texts.");
          return isHostWithin(domain, other);
        },
      },
    },
    prepare(options) {
      refuseUnknownOptions("email", options, []);
      return (value) => {
        if (typeof value !== "string") return failed("wrong-type");
        if (value.length > MAX_LENGTH) return failed("too-large");
        return extractOrFail(() => extractEmail(value));
      };
    },
  };
}

function extractEmail(text: string): FactResult {
  const at = text.lastIndexOf("@");
  const local = text.slice(0, Math.max(0, at));
  const written = text.slice(at + 1);
  if (local.length > MAX_LOCAL) return failed("too-large");
  if (at < 0 || !DOT_STRING.test(local) || written.endsWith(".")) return failed("malformed");
  const domain = toHostName(written);
  if (domain === undefined) return failed("malformed");
  const lower = local.toLowerCase();
  const plus = lower.indexOf("+");
  return extracted({ local: lower, tag: plus < 0 ? "" : lower.slice(plus + 1), domain });
}
