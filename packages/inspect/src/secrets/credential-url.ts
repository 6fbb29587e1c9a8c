import { isPlaceholder, isTemplate } from "./placeholder.ts";
import type { SecretRule } from "./rule.ts";

/** Schemes of the rules that name a database. */
const MAX_URL = 1024;
const URL_REST = /[^\s"'`<>]{1,1024}/y;
const JDBC = "jdbc:";

/**
 * A rule for URLs of some schemes with a password in them. The finding is the whole URL: the host
 * and the user are half of what an attacker needs.
 */
export function credentialUrl(id: string, schemes: readonly string[]): SecretRule {
  return {
    id,
    keywords: schemes,
    confidence: "high",
    locate(text, { start, end }) {
      const urlEnd = endOfCredentials(text, end, isPlaceholder);
      if (urlEnd === undefined || /[A-Za-z0-9]/.test(text.charAt(start - 1))) return undefined;
      const isJdbc = text.slice(Math.max(0, start - JDBC.length), start).toLowerCase() === JDBC;
      return asLiteral(text, { start: isJdbc ? start - JDBC.length : start, end: urlEnd });
    },
  };
}

const SCHEME = /[A-Za-z][A-Za-z0-9+.-]{0,31}$/;
const SCHEME_LENGTH = 32;

/** A rule for URLs of every other scheme: Basic authentication (RFC 3986 §3.2.1) and the like. */
export function urlCredentials(id: string, named: readonly SecretRule[]): SecretRule {
  const others = new Set(named.flatMap(({ keywords }) => keywords));
  return {
    id,
    keywords: ["://"],
    confidence: "medium",
    locate(text, { start, end }) {
      const [scheme] = SCHEME.exec(text.slice(Math.max(0, start - SCHEME_LENGTH), start)) ?? [];
      if (scheme === undefined || others.has(`${scheme.toLowerCase()}://`)) return undefined;
      const urlEnd = endOfCredentials(text, end, isTemplate);
      if (urlEnd === undefined) return undefined;
      return asLiteral(text, { start: start - scheme.length, end: urlEnd });
    },
  };
}

/** The end of the URL whose authority begins at `at`, where that holds a password. */
function endOfCredentials(
  text: string,
  at: number,
  isHarmless: (value: string) => boolean,
): number | undefined {
  URL_REST.lastIndex = at;
  const [rest] = URL_REST.exec(text) ?? [];
  if (rest === undefined) return undefined;
  const authority = /^[^/?#]*/.exec(rest)?.[0] ?? "";
  const host = authority.lastIndexOf("@");
  const colon = authority.indexOf(":");
  // A password may hold what ends an authority; then the last at sign is still before the host.
  if (host < 0 || colon < 0 || colon > host) return undefined;
  const user = authority.slice(0, colon);
  const password = authority.slice(colon + 1, host);
  if (password === "" || password === user || isHarmless(password)) return undefined;
  return at + Math.min(rest.length, MAX_URL);
}

/**
 * A URL that is the value of an assignment or argument, together with the quotes around it, so that
 * none is left open; elsewhere, as in JSON, the URL alone.
 */
function asLiteral(
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
): { readonly start: number; readonly end: number } {
  const quote = text.charAt(start - 1);
  const isQuoted = quote !== "" && `"'\``.includes(quote) && text.charAt(end) === quote;
  if (!isQuoted || !/[=(][ \t]?$/.test(text.slice(Math.max(0, start - 3), start - 1))) {
    return { start, end };
  }
  const [closing] = /^[)\]]{0,3};?/.exec(text.slice(end + 1, end + 5)) ?? [""];
  return { start: start - 1, end: end + 1 + closing.length };
}
