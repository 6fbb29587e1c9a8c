import type { Scanner } from "../ports/scanner.ts";
import type { Placeholders, Redactor } from "../redactor.ts";
import { createRedactor } from "../redactor.ts";
import { Refusal } from "../refusal.ts";
import type { TextMap } from "./map-text.ts";
import { mapText } from "./map-text.ts";

/** How the texts of one payload are redacted. */
export type RedactText = Pick<Required<TextMap>, "text" | "name" | "number">;

/** Numbers below have too few digits for what a scanner finds. */
const SHORT_NUMBER = 1_000_000;

/**
 * Redacts the texts of one payload, and the names of its members. A text that is JSON stays JSON; a
 * number that is a finding, such as a card, becomes 0, so that it stays a number.
 *
 * All parts throw a {@link Refusal} `obligation-failed` when there is no scanner or a text could
 * not be scanned to its end.
 */
export function redactTexts(
  scanner: Scanner | undefined,
  kinds: readonly string[],
  placeholders?: Placeholders,
): RedactText {
  const redactor =
    scanner === undefined
      ? undefined
      : createRedactor(scanner, {
          kinds,
          ...(placeholders === undefined ? {} : { placeholders }),
        });
  const redact = (text: string, name = ""): string => {
    if (redactor === undefined) throw new Refusal("obligation-failed");
    try {
      return redactJson(redactor, text, name) ?? redactor.redact(text, name).text;
    } catch {
      throw new Refusal("obligation-failed");
    }
  };
  return {
    text: redact,
    name: (name) => redact(name),
    number(value, name) {
      if (Math.abs(value) < SHORT_NUMBER || !Number.isInteger(value)) return value;
      const text = String(Math.abs(value));
      return redact(text, name) === text ? value : 0;
    },
  };
}

/**
 * The redacted text of a JSON object or array whose form the placeholders would break; `undefined`
 * where they do not, or where taking them into its members would leave something out.
 */
function redactJson(redactor: Redactor, text: string, name: string): string | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  const { text: plain, findings } = redactor.redact(text, name);
  if (findings.length === 0) return plain;
  const value = parseContainer(text);
  if (value === undefined || parseContainer(plain) !== undefined) return plain;
  const members = mapText(value, {
    text: (part, member) => redactor.redact(part, member).text,
    name: (part) => redactor.redact(part).text,
    number: (part, member) =>
      redactor.redact(String(part), member).findings.length > 0 ? 0 : part,
  });
  const redacted = JSON.stringify(members);
  return redactor.redact(redacted, name).text === redacted ? redacted : plain;
}

function parseContainer(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
