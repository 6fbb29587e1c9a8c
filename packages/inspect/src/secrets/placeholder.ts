import { decodeBase64Text } from "../internal/decode-text.ts";
import { entropyOf } from "./entropy.ts";

const TEMPLATE = /\$\{|\$\(|\{\{|\}\}|<[^>]*>|%\(|%s|^\$\w|^\{.*\}$|^\[.*\]$|^%\w+%$|^#\{/;
const FILLER =
  /^(?:x+|\*+|\.+|-+|_+|0+|(?:my|your|our|the|some|a|an|test|dummy|fake|example|sample)?[-_ .]?(?:p(?:ass|w)(?:word|wd|phrase)?|pwd|secret|token|key|api[-_ ]?key|credentials?|value|string|here|user(?:name)?|admin|root|changeme|change[-_ ]?me|placeholder|redacted|hidden|masked|none|null|nil|undefined|true|false|todo|tbd|empty|default|required|optional|string|dummy|example|sample)[-_ ]?(?:here|value)?)$/i;
const INSTRUCTION =
  /(?:^|[-_ .])(?:your|replace|insert|enter|change|example|placeholder|dummy|redacted|sample|fixme)(?:[-_ .]|$)/i;
const CONSTANT = /^[A-Z][A-Z_]*_[A-Z_]*$/;
const OURS = "[REDACTED:";
const REPEATED = /^(.)\1*$/;

/** Whether a value stands for a secret that somebody has still to fill in, or for a variable. */
export function isPlaceholder(value: string): boolean {
  return (
    value.includes(OURS) ||
    TEMPLATE.test(value) ||
    FILLER.test(value) ||
    INSTRUCTION.test(value) ||
    CONSTANT.test(value) ||
    REPEATED.test(value)
  );
}

/** Whether a value is only a reference to a variable or template. */
export function isTemplate(value: string): boolean {
  return value.includes(OURS) || TEMPLATE.test(value) || REPEATED.test(value);
}

const MIN_LENGTH = 12;
const MIN_BITS = 3;
const IDENTIFIER_PATH = /^[A-Za-z_$][\w$]*(?:(?:\.|::|->)[A-Za-z_$][\w$]*)+$/;
const WORDS = /^[A-Za-z]+(?:[-_. ][A-Za-z]+)*[-_. ]?\d{0,2}$/;

/**
 * Whether a value is mixed enough for a key that a machine made: letters and digits, at least
 * twelve characters, three bits for each of them. Base64 of a text is judged by that text.
 */
export function looksRandom(value: string): boolean {
  if (value.length < MIN_LENGTH || !/\d/.test(value) || entropyOf(value) < MIN_BITS) return false;
  const meant = decodeBase64Text(value) ?? value;
  return (
    meant.length >= MIN_LENGTH &&
    /\d/.test(meant) &&
    /[A-Za-z]/.test(meant) &&
    !/\s/.test(meant) &&
    !IDENTIFIER_PATH.test(meant) &&
    !WORDS.test(meant) &&
    !meant.includes("://") &&
    entropyOf(meant) >= MIN_BITS
  );
}

const MIN_PASSWORD = 6;
const MIN_PASSWORD_BITS = 2.25;

/** Whether a value may be a password that a person chose. */
export function looksLikePassword(value: string): boolean {
  if (value.length < MIN_PASSWORD || entropyOf(value) < MIN_PASSWORD_BITS) return false;
  if (decodeBase64Text(value) !== undefined) return looksRandom(value);
  return (
    /[A-Za-z]/.test(value) &&
    /[\d!@#$%^&*?~+=]/.test(value) &&
    !value.includes("://") &&
    !IDENTIFIER_PATH.test(value)
  );
}
