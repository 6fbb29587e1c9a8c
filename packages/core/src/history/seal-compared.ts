import type { CompiledPolicy } from "../compile-policy.ts";
import { createFrame, isList, isObject } from "../evaluate/frame.ts";
import type { EvaluationRequest, SealedValues } from "../evaluation-request.ts";
import type { Json } from "../json.ts";
import { canonicalTextOf } from "./canonical-text.ts";
import type { HistorySeal } from "./kept-arguments.ts";

/** Most values of one decision that are hashed; what is beyond makes its comparison an error. */
const MAX_VALUES = 4096;
/** Most characters of them. */
const MAX_CHARACTERS = 2_097_152;

/** Hashes what conditions compare with arguments of earlier calls. */
export async function sealCompared(
  policy: CompiledPolicy,
  request: EvaluationRequest,
  { keyId, seal }: HistorySeal,
): Promise<SealedValues> {
  const byText = new Map<string, string>();
  let characters = 0;
  for (const text of comparedTexts(policy, request)) {
    characters += text.length;
    if (characters > MAX_CHARACTERS) break;
    byText.set(text, await seal(text));
  }
  return { keyId, byText };
}

function comparedTexts(policy: CompiledPolicy, request: EvaluationRequest): ReadonlySet<string> {
  const texts = new Set<string>();
  const tool = policy.tools.get(request.tool);
  if (tool === undefined) return texts;
  const frame = createFrame(request, tool.view);
  const compared = policy.history.compared.filter(
    ({ tools }) => tools?.includes(request.tool) !== false,
  );
  for (const actor of request.principal.chain) {
    frame.agent = actor;
    for (const { read, isSpread } of compared) {
      const value = read(frame);
      if (value === undefined) continue;
      for (const each of isSpread ? membersOf(value) : [value]) {
        const text = canonicalTextOf(each);
        if (text !== undefined) texts.add(text);
        if (texts.size >= MAX_VALUES) return texts;
      }
    }
  }
  return texts;
}

function membersOf(value: Json): readonly Json[] {
  if (isList(value)) return value;
  return isObject(value) ? Object.keys(value) : [];
}
