import type { IssueReport } from "./issue-report.ts";
import type { Check } from "./shape.ts";

const MAX_NAME = 256;
// Control, format, private, unassigned; line and paragraph separators; all that renders as nothing.
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
const SPACE = /[\p{Zs}]/u;
const SERVER_TOOL = /^mcp(?:-method)?:[a-z0-9][a-z0-9-]*\/./;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const PIN = /^sha256:[A-Za-z0-9_-]{43}$/;
const FACT_TYPE = /^[a-z][a-zA-Z0-9-]{0,63}@(?:0|[1-9]\d{0,8})$/;
const INHERITED: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  "prototype",
]);

/** A name that reads as what it is: NFC, nothing invisible, no space but single inner ones. */
export const name: Check = (report, value, path) => {
  if (typeof value !== "string") {
    report.add(path, "This must be a name.");
    return;
  }
  const problem = nameProblem(value);
  if (problem !== undefined) report.add(path, `This name ${problem}.`);
};

/** A name that is also a member name of the document, so none that every object inherits. */
export const key: Check = (report, value, path) => {
  name(report, value, path);
  if (typeof value === "string" && INHERITED.has(value)) {
    report.add(path, "This name is one that every object inherits; choose another.");
  }
};

/** A name without `role:` in front: an id, not a role. */
export const partyId: Check = (report, value, path) => {
  name(report, value, path);
  if (typeof value === "string" && value.startsWith("role:")) {
    report.add(path, "An id must not begin with `role:`; list ids here.");
  }
};

/** A queue: a name without `+`, which joins several queues. */
export const queue: Check = (report, value, path) => {
  name(report, value, path);
  if (typeof value === "string" && value.includes("+")) {
    report.add(path, "A queue's name must not hold `+`.");
  }
};

/** An identifier that conditions can name. */
export const identifier: Check = matching(
  IDENTIFIER,
  "This must be a letter or _, then letters, digits and _.",
);

/** `sha256:` and 43 characters of base64url. */
export const pin: Check = matching(PIN, "This must be `sha256:` and 43 characters of base64url.");

/** `type@version` of a fact provider. */
export const factType: Check = matching(FACT_TYPE, "This must be `type@version`, such as url@1.");

/** Tells whether a text may name a quantifier's variable or a fact. */
export function isIdentifier(value: unknown): value is string {
  return typeof value === "string" && IDENTIFIER.test(value);
}

/**
 * Checks names of tools: `mcp:<server>/<tool>` exactly if the origin is `mcp`, no look-alikes
 * within a name, and no two names that differ only by case or compatibility forms.
 */
export function checkToolNames(
  report: IssueReport,
  tools: readonly { readonly name: string; readonly origin: unknown; readonly path: string }[],
): void {
  for (const tool of tools) {
    key(report, tool.name, tool.path);
    const isServerName = /^mcp(?:-method)?:/.test(tool.name);
    if (isServerName !== (tool.origin === "mcp")) {
      const message = "A name begins with `mcp:` or `mcp-method:` exactly if its origin is mcp.";
      report.add(tool.path, message);
    } else if (isServerName && !SERVER_TOOL.test(tool.name)) {
      report.add(tool.path, "Write mcp:<server>/<tool>, the server of a-z, 0-9 and -.");
    }
  }
  checkLookAlikes(report, tools);
}

/** Reports names that look like an earlier one. */
export function checkLookAlikes(
  report: IssueReport,
  names: readonly { readonly name: string; readonly path: string }[],
): void {
  const seen = new Set<string>();
  for (const entry of names) {
    const folded = entry.name.normalize("NFKC").toUpperCase().toLowerCase();
    if (seen.has(folded)) {
      report.add(entry.path, "This name looks like another one of this list; rename one of them.");
    }
    seen.add(folded);
  }
}

function nameProblem(value: string): string | undefined {
  if (value.length === 0 || value.length > MAX_NAME) return `must have 1 to ${MAX_NAME} characters`;
  if (value.normalize("NFC") !== value) return "is not in Unicode NFC; normalise it";
  if (INVISIBLE.test(value)) return "holds a control, invisible or direction character; remove it";
  const words = value.split(" ");
  if (words.some((word) => word === "" || SPACE.test(word))) {
    return "may hold single plain spaces inside only";
  }
  return mixesScripts(value) ? "mixes Latin with Cyrillic or Greek letters; use one" : undefined;
}

function mixesScripts(value: string): boolean {
  return /\p{Script=Latin}/u.test(value) && /[\p{Script=Cyrillic}\p{Script=Greek}]/u.test(value);
}

function matching(pattern: RegExp, message: string): Check {
  return (report, value, path) => {
    if (typeof value !== "string" || !pattern.test(value)) report.add(path, message);
  };
}
