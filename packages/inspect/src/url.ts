import type { FactExtractor, FactProvider, FactResult, JsonObject } from "@portcullis/core";
import { PortcullisConfigError } from "@portcullis/core";
import { parseAddress } from "./internal/address.ts";
import { refuseUnknownOptions, textListOption, textOption } from "./internal/fact-options.ts";
import { extracted, extractOrFail, FactFailure, failed } from "./internal/fact-result.ts";
import { isFaithful, isHostName, isHostWithin } from "./internal/host-name.ts";
import { isMixedScript } from "./internal/mixed-script.ts";

const MAX_LENGTH = 2048;
// Other schemes are read without the rules for hosts, so nothing could be said about theirs.
const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ["http", 80],
  ["https", 443],
  ["ws", 80],
  ["wss", 443],
  ["ftp", 21],
]);
const SHAPE = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]+)([^?#]*)(\?[^#]*)?(#.*)?$/u;
const LOCAL_SUFFIXES =
  /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|lan|home|corp|private|home\.arpa|test|invalid)$/;

/**
 * Provider of `url(x)`: the parts of an absolute URL as a WHATWG `URL` client reads it, or nothing.
 *
 * What clients and servers are known to read differently is refused: control characters and
 * backslashes, user information, encoded separators and empty segments in the path, addresses in
 * unusual spellings. Option `schemes` (default `["https"]`) may name `http`, `https`, `ws`, `wss`
 * and `ftp`. With the option `base`, an origin such as `https://api.example.com`, the value is a
 * path below it that begins with one slash. Names are not resolved: see {@link assertPublicAddress}.
 *
 * @example
 * ```ts
 * import { urlFacts } from "@portcullis/inspect/url";
 *
 * const extract = urlFacts().prepare({});
 * extract("https://API.example.com./v1/../v2", { now: 0 });
 * // { ok: true, value: { scheme: "https", host: "api.example.com", path: "/v2", … } }
 * ```
 */
export function urlFacts(): FactProvider {
  return {
    type: "url",
    version: 1,
    fields: {
      scheme: "string",
      host: "string",
      hostKind: "string",
      range: "string",
      isPublic: "bool",
      port: "int",
      path: "string",
      hasQuery: "bool",
      hasFragment: "bool",
      mixedScript: "bool",
    },
    predicates: {
      hostWithin: {
        field: "host",
        test(host, domain) {
          if (typeof host !== "string" || typeof domain !== "string") throw new TypeError("Texts.");
          return isHostWithin(host, domain);
        },
      },
    },
    prepare: prepareUrl,
  };
}

function prepareUrl(options: JsonObject): FactExtractor {
  refuseUnknownOptions("url", options, ["schemes", "base"]);
  const base = textOption(options, "base");
  if (base !== undefined) return prepareBelow(base, options);
  const schemes = textListOption(options, "schemes") ?? ["https"];
  if (schemes.length === 0 || !schemes.every((scheme) => DEFAULT_PORTS.has(scheme))) {
    const known = [...DEFAULT_PORTS.keys()].join(", ");
    throw new PortcullisConfigError("schemes", `\`schemes\` must name some of ${known}.`);
  }
  return (value) => {
    if (typeof value !== "string") return failed("wrong-type");
    if (value.length > MAX_LENGTH) return failed("too-large");
    return extractOrFail(() => extractUrl(value, schemes));
  };
}

/** Paths are read as the URL that a client makes of them by putting the origin in front. */
function prepareBelow(base: string, options: JsonObject): FactExtractor {
  const [, scheme = "", , path] = SHAPE.exec(base) ?? [];
  const isOrigin =
    DEFAULT_PORTS.has(scheme) && path === "" && !/[?#]/.test(base) && isUrl(base, scheme);
  if (!isOrigin) {
    const message = "`base` must be an origin without a path, such as https://api.example.com.";
    throw new PortcullisConfigError("base", message);
  }
  if (Object.hasOwn(options, "schemes")) {
    throw new PortcullisConfigError("schemes", "The scheme stands in `base`; remove `schemes`.");
  }
  return (value) => {
    if (typeof value !== "string") return failed("wrong-type");
    if (base.length + value.length > MAX_LENGTH) return failed("too-large");
    // Resolved against an origin, two slashes name another host.
    if (!/^\/(?!\/)/.test(value)) return failed("malformed");
    return extractOrFail(() => extractUrl(`${base}${value}`, [scheme]));
  };
}

function isUrl(text: string, scheme: string): boolean {
  return extractOrFail(() => extractUrl(text, [scheme])).ok;
}

function extractUrl(text: string, schemes: readonly string[]): FactResult {
  // `URL` removes tabs and newlines and turns backslashes around, so it must not see them.
  if (/[\p{Cc}\p{Cs} \\]/u.test(text)) return failed("malformed");
  const [, scheme = "", authority = "", , query, fragment] = SHAPE.exec(text) ?? [];
  if (scheme === "") return failed("malformed");
  if (!schemes.includes(scheme)) return failed("unsupported");
  // In `https://api.example.com:x@evil.example/` the host is the last part.
  if (/[@%]/.test(authority) || authority.endsWith(":")) return failed("malformed");
  if (!URL.canParse(text)) return failed("malformed");
  const url = new URL(text);
  const port = url.port === "" ? DEFAULT_PORTS.get(scheme) : Number(url.port);
  if (port === undefined || port === 0) return failed("malformed");
  return extracted({
    scheme,
    ...describeHost(authority.replace(/:\d+$/, ""), url.hostname),
    port,
    path: normalizePath(url.pathname),
    hasQuery: query !== undefined,
    hasFragment: fragment !== undefined,
  });
}

function describeHost(written: string, parsed: string): JsonObject {
  if (parsed.startsWith("[")) return describeAddress(parsed.slice(1, -1), "ipv6");
  const host = parsed.endsWith(".") ? parsed.slice(0, -1) : parsed;
  const name = written.endsWith(".") ? written.slice(0, -1) : written;
  // `URL` reads `0x7f.1`, `2130706433` and `127.1` as addresses, other clients as names.
  if (/^[\d.]+$/.test(host)) {
    if (host !== written) throw new FactFailure("malformed");
    return describeAddress(host, "ipv4");
  }
  if (!isHostName(host) || !isFaithful(name, host)) throw new FactFailure("malformed");
  return {
    host,
    hostKind: "dns",
    isPublic: host.includes(".") && !LOCAL_SUFFIXES.test(host),
    mixedScript: isMixedScript(host),
  };
}

function describeAddress(host: string, hostKind: "ipv4" | "ipv6"): JsonObject {
  const address = parseAddress(host);
  if (address === undefined) throw new FactFailure("malformed");
  const { range, isPublic } = address;
  return { host, hostKind, range, isPublic, mixedScript: false };
}

/** Decodes escapes of plain characters, so that `/%61dmin` is `/admin` (RFC 3986 §6.2.2.2). */
function normalizePath(path: string): string {
  const isAmbiguous =
    // Separators, control characters and a second encoding of them or of a dot.
    /%(?:2f|5c|7f|[01][\da-f])/i.test(path) ||
    /%25(?:25|2e|2f|5c|00)/i.test(path) ||
    // Escapes that are none.
    /%(?![\da-f]{2})/i.test(path) ||
    path.includes("//") ||
    // Path parameters, which some servers remove before they resolve dots or compare.
    /;|%3b/i.test(path);
  if (isAmbiguous) throw new FactFailure("malformed");
  // Overlong and broken UTF-8, by which dots and separators have been hidden.
  decodeURIComponent(path);
  const normal = path.replaceAll(/%[\da-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : escape.toUpperCase();
  });
  // Dots that stand encoded beside others have not been resolved.
  if (/\/\.{1,2}(?:\/|$)/.test(normal)) throw new FactFailure("malformed");
  return normal;
}
