import { PortcullisError } from "../errors.ts";
import type { Issue } from "../errors.ts";

const MAX_ISSUES = 1000;
const POSITION = /^(.+):(\d{1,9}):(\d{1,9})$/;

/** Where a part of the policy was written. */
type Position = Pick<Issue, "file" | "line" | "column">;

/** Collects what is wrong with a policy. */
export interface IssueReport {
  /** The issues so far, in the order in which they were found. */
  readonly issues: readonly Issue[];
  /** Adds an issue at an RFC 6901 pointer, with the position of the part being checked. */
  add(path: string, message: string): void;
  /** Sets the position (`file:line:column`) of what is checked from here on. */
  locate(at: unknown): void;
}

/** Creates an empty report; after 1 000 issues it only notes that there are more. */
export function createIssueReport(): IssueReport {
  const issues: Issue[] = [];
  let position: Position = {};
  return {
    issues,
    add(path, message) {
      if (issues.length < MAX_ISSUES) issues.push({ path, message, ...position });
      if (issues.length === MAX_ISSUES) {
        issues.push({ path: "", message: "There are more problems; correct these first." });
      }
    },
    locate(at) {
      position = parsePosition(at);
    },
  };
}

/** Reads `file:line:column`; `{}` for anything else. */
function parsePosition(at: unknown): Position {
  const match = typeof at === "string" && at.length <= 1024 ? POSITION.exec(at) : null;
  const [, file, line, column] = match ?? [];
  if (file === undefined || line === undefined || column === undefined) return {};
  return { file, line: Number(line), column: Number(column) };
}

/** Makes the error of a refused policy; its message names the first issue. */
export function policyInvalid(issues: readonly Issue[], cause?: unknown): PortcullisError {
  const [first] = issues;
  const count = issues.length === 1 ? "one problem" : `${issues.length} problems`;
  const place = first?.path === "" ? "the document" : first?.path;
  const message = `The policy is refused, it has ${count}. At ${place}: ${first?.message}`;
  return new PortcullisError("ERR_POLICY_INVALID", message, { cause, fields: { issues } });
}
