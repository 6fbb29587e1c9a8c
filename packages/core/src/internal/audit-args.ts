import type { Json } from "../json.ts";
import type { Scanner } from "../ports/scanner.ts";
import type { CanonicalArgs } from "../tool-call.ts";
import { mapText } from "./map-text.ts";
import { redactTexts } from "./redact-text.ts";

/**
 * Arguments as the decision log may hold them: with a scanner its findings are removed, without
 * one every text is replaced by its length. A failing scanner leaves nothing of them.
 */
export function toAuditArgs(scanner: Scanner | undefined, args: CanonicalArgs): Json {
  if (scanner === undefined) return mapText(args, (text) => `[text:${text.length}]`);
  try {
    return mapText(args, redactTexts(scanner, scanner.kinds));
  } catch {
    return "[withheld]";
  }
}
