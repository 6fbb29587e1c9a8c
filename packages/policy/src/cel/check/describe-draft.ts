import { quoted } from "../../text/suggest.ts";
import { describePath } from "../draft.ts";
import type { Draft } from "../draft.ts";

/** An operand in words, for messages. */
export function describeDraft(draft: Draft): string {
  if (draft.op === "path") return quoted(describePath(draft));
  if (draft.op === "lit") {
    if (Array.isArray(draft.value)) return "the list";
    return draft.type.kind === "timestamp" || draft.type.kind === "duration"
      ? `the ${draft.type.kind}`
      : quoted(JSON.stringify(draft.value));
  }
  if (draft.op === "fact") return quoted(`${draft.type}(${describePath(draft.of)}).${draft.field}`);
  if (draft.op === "declared-fact") {
    return quoted(`facts.${draft.name}${draft.field === undefined ? "" : `.${draft.field}`}`);
  }
  if (draft.op === "size") return "the size";
  return "this operand";
}
