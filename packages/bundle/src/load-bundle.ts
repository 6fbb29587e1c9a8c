import { parsePolicy, PortcullisError } from "@portcullis/core";
import type { Json, JsonObject, PolicyDocument } from "@portcullis/core";
import type { BundleReason, RefusalAbout } from "./bundle-refusal.ts";
import { refuseBundle } from "./bundle-refusal.ts";
import type { DecisionTest } from "./decision-test.ts";
import { readDecisionTests } from "./decision-test.ts";
import {
  isJsonObject,
  readCanonicalObject,
  toCanonicalText,
} from "./internal/canonical-document.ts";
import { toUtf8 } from "./internal/sha256.ts";
import type { VerifiedBundle } from "./verified.ts";
import { demandVerified } from "./verified.ts";

/** What a bundle means: the policy, and the tests that it must pass. */
export interface LoadedBundle {
  readonly document: PolicyDocument;
  readonly tests: readonly DecisionTest[];
}

/** Most decision tests of a bundle. */
const MAX_DECISION_TESTS = 5000;

/**
 * Reads what a verified bundle means, strictly: canonical files, one policy, a catalogue and rules
 * within the namespaces, at least one decision test.
 *
 * `redaction/` and `data/` must be empty: this version applies neither, and a policy without its
 * redaction would permit too much.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_INVALID` with `policy` or `namespace`.
 *
 * @example
 * ```ts
 * import type { VerifiedBundle } from "@portcullis/bundle";
 * import { loadBundle } from "@portcullis/bundle";
 *
 * declare const bundle: VerifiedBundle;
 * const { document, tests } = loadBundle(bundle);
 * ```
 */
export function loadBundle(bundle: VerifiedBundle): LoadedBundle {
  demandVerified(bundle, "`bundle`");
  const refuse = (reason: BundleReason, message: string, cause?: unknown): Error =>
    refuseBundle(reason, message, { ...toAbout(bundle), cause, ...issuesOf(cause) });
  const bad = (message: string): PortcullisError =>
    refuseBundle("policy", message, toAbout(bundle));
  const inFolder = (folder: string): readonly string[] =>
    [...bundle.files].flatMap(([path, text]) => (path.startsWith(`${folder}/`) ? [text] : []));
  if (inFolder("redaction").length > 0 || inFolder("data").length > 0) {
    throw bad("this version applies no files of `redaction` or `data`.");
  }
  const policies = inFolder("policies").map((text) => readObject(text));
  const [policy] = policies;
  if (policy === undefined || policies.length !== 1) {
    throw bad("it must carry exactly one policy, as canonical JSON.");
  }
  if (Object.hasOwn(policy, "tools")) throw bad("its catalogue belongs into `tools`.");
  const tools: Record<string, Json> = Object.create(null);
  for (const text of inFolder("tools")) {
    const { tool, ...entry } = readObject(text) ?? {};
    if (typeof tool !== "string" || Object.hasOwn(tools, tool)) {
      throw bad("each file of `tools` is canonical JSON about one tool of its own.");
    }
    tools[tool] = entry;
  }
  let document: PolicyDocument;
  try {
    document = parsePolicy({ ...policy, tools: { ...tools } });
  } catch (cause) {
    throw refuse("policy", "its policy is not valid.", cause);
  }
  refuseForeignNames(bundle, document);
  const tests = inFolder("tests").flatMap((text) => readDecisionTests(readJson(text), bad));
  if (tests.length === 0) throw bad("it must carry at least one decision test.");
  if (tests.length > MAX_DECISION_TESTS) {
    throw bad(`it has more than ${MAX_DECISION_TESTS} decision tests.`);
  }
  return Object.freeze({ document, tests: Object.freeze(tests) });
}

/** Tells whether a tool is equal to a namespace, or below it after `.` or `/`. */
export function isInNamespaces(tool: string, namespaces: readonly string[]): boolean {
  return namespaces.some(
    (namespace) =>
      tool === namespace || tool.startsWith(`${namespace}.`) || tool.startsWith(`${namespace}/`),
  );
}

function refuseForeignNames(
  bundle: VerifiedBundle,
  { tools, rules, limits }: PolicyDocument,
): void {
  const named = [
    ...Object.keys(tools),
    ...[...rules, ...limits].flatMap((part) => part.tools ?? []),
  ];
  if (named.every((tool) => isInNamespaces(tool, bundle.document.namespaces))) return;
  const message = "it names a tool outside of its namespaces.";
  throw refuseBundle("namespace", message, toAbout(bundle));
}

function toAbout({ document }: VerifiedBundle): {
  readonly document: "bundle";
  readonly bundle: string;
  readonly serial: number;
} {
  return { document: "bundle", bundle: document.name, serial: document.serial };
}

function issuesOf(cause: unknown): Pick<RefusalAbout, "issues"> {
  const issues = PortcullisError.isInstance(cause) ? cause.fields.issues : undefined;
  return issues === undefined ? {} : { issues };
}

function readObject(text: string): JsonObject | undefined {
  return readCanonicalObject(toUtf8(text));
}

/** Canonical JSON of any kind; null stands for what is not. */
function readJson(text: string): Json {
  try {
    const value: Json = JSON.parse(text);
    return toCanonicalText(value) === text && (Array.isArray(value) || isJsonObject(value))
      ? value
      : null;
  } catch {
    return null;
  }
}
