import type { FactProvider } from "@portcullis/core";
import { PortcullisError } from "@portcullis/core";
import { parseAddress, parseBlock } from "./internal/address.ts";
import { refuseUnknownOptions } from "./internal/fact-options.ts";
import { extracted, failed } from "./internal/fact-result.ts";

const MAX_LENGTH = 64;

/**
 * Provider of `ip(x)`: one address in its strict spelling.
 *
 * `inCidr(block)` compares; a block whose host bits are set, or that is none, is an error, and an
 * address of the other version never lies in it. An IPv4 address written in IPv6 counts as IPv4.
 *
 * @example
 * ```ts
 * import { ipFacts } from "@portcullis/inspect/ip";
 *
 * ipFacts().prepare({})("::ffff:10.0.0.1", { now: 0 });
 * // { ok: true, value: { version: 4, text: "10.0.0.1", range: "private", isPublic: false } }
 * ```
 */
export function ipFacts(): FactProvider {
  return {
    type: "ip",
    version: 1,
    fields: { version: "int", text: "string", range: "string", isPublic: "bool" },
    predicates: {
      inCidr: {
        field: "text",
        test(text, block) {
          if (typeof text !== "string" || typeof block !== "string") throw new TypeError("Texts.");
          return parseBlock(block).includes(text);
        },
      },
    },
    prepare(options) {
      refuseUnknownOptions("ip", options, []);
      return (value) => {
        if (typeof value !== "string") return failed("wrong-type");
        if (value.length > MAX_LENGTH) return failed("too-large");
        const address = parseAddress(value);
        return address === undefined ? failed("malformed") : extracted({ ...address });
      };
    },
  };
}

/**
 * Throws unless an address, as a resolver gave it, may lie in the public internet.
 *
 * For whoever connects: a fact resolves no names. Resolve once, check **every** address with this,
 * connect to the checked one, and do the same for each redirect or refuse it.
 *
 * @throws {PortcullisError} `ERR_ARGUMENTS_INVALID` with reason `address-not-public` otherwise.
 *
 * @example
 * ```ts
 * import { assertPublicAddress } from "@portcullis/inspect/ip";
 *
 * declare const resolved: readonly { readonly address: string }[];
 * for (const { address } of resolved) assertPublicAddress(address);
 * ```
 */
export function assertPublicAddress(address: string): void {
  if (parseAddress(address)?.isPublic === true) return;
  throw new PortcullisError("ERR_ARGUMENTS_INVALID", "The address is not a public one.", {
    fields: { reason: "address-not-public" },
  });
}
