// Prints the heap that the document and the compiled form of 10 000 rules take; started by the
// footprint bench with `--expose-gc`.
import { compilePolicy, parsePolicy } from "@portcullis/core";
import { createDocument, createRules } from "./decision-load.ts";

const RULES = 10_000;

const text = JSON.stringify(createDocument(createRules(RULES)));
const before = heap();
const document = parsePolicy(JSON.parse(text));
const parsed = heap();
const policy = compilePolicy(document);
const compiled = heap();
console.log(JSON.stringify({ document: parsed - before, compiled: compiled - parsed }));
// Keeps both alive until here.
if (policy.document !== document) throw new Error("The policy is of another document.");

function heap(): number {
  for (let turn = 0; turn < 4; turn += 1) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
