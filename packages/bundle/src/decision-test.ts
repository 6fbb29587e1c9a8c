import type {
  Grant,
  Json,
  JsonObject,
  ToolDefinition,
  TrustedPrincipalInput,
  Usage,
} from "@portcullis/core";
import { isJsonObject } from "./internal/canonical-document.ts";
import { createMemberReader } from "./internal/read-members.ts";
import type { MemberReader, Refuse } from "./internal/read-members.ts";
import { readTime } from "./internal/time-text.ts";

/** A test that travels in a bundle and must hold before the bundle is activated. */
export interface DecisionTest {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly request: TestRequest;
  readonly expect: TestExpectation;
}

/** The call of a test, in the members of a `portcullis eval` line. */
export interface TestRequest {
  readonly principal?: TrustedPrincipalInput;
  readonly tool: string;
  readonly args: Json;
  readonly prompt?: string;
  readonly context?: JsonObject;
  readonly definition?: ToolDefinition;
  readonly usage?: Usage;
}

/** What must come of it; an absent member is not looked at. */
export interface TestExpectation {
  readonly outcome: "permit" | "deny" | "approval-required";
  readonly code?: string;
  /** Sorted. */
  readonly rules?: readonly string[];
  /** Types, sorted. */
  readonly obligations?: readonly string[];
  readonly args?: Json;
  readonly risk?: number;
}

const TEST = ["name", "now", "request", "expect"];
const REQUEST = "id session principal ceiling tool args prompt context definition usage".split(" ");
const PRINCIPAL = ["agent", "roles", "user", "userRoles", "delegators"];
const EXPECT = ["outcome", "code", "rules", "obligations", "args", "risk"];

/** Reads one file of decision tests strictly; a problem is thrown as `refuse` makes it. */
export function readDecisionTests(value: Json, refuse: Refuse): readonly DecisionTest[] {
  if (!Array.isArray(value)) throw refuse("A file of decision tests must be an array.");
  return value.map((item: Json) => {
    if (!isJsonObject(item)) throw refuse("A decision test must be an object.");
    const reader = createMemberReader(item, "", refuse);
    demandKnown(reader, TEST, refuse);
    const now = readTime(reader.text("now"));
    if (now === undefined) throw refuse("`now` of a decision test is not a time.");
    return {
      name: reader.text("name", /^[^\p{Cc}]{1,500}$/u),
      now,
      request: readRequest(item["request"] ?? null, refuse),
      expect: readExpectation(item["expect"] ?? null, refuse),
    };
  });
}

function readRequest(value: Json, refuse: Refuse): TestRequest {
  if (!isJsonObject(value)) throw refuse("`request` of a decision test must be an object.");
  const reader = createMemberReader(value, "request", refuse);
  demandKnown(reader, REQUEST, refuse);
  const { args = {}, context, definition } = value;
  if (!reader.has("principal") && reader.has("ceiling")) {
    throw refuse("A ceiling belongs to a principal.");
  }
  if (context !== undefined && !isJsonObject(context)) throw refuse("`context` must be an object.");
  if (definition !== undefined && !isDefinition(definition)) {
    throw refuse("`definition` must be that of a tool.");
  }
  return {
    tool: reader.text("tool"),
    args,
    ...(reader.has("principal") ? { principal: readPrincipal(reader, value, refuse) } : {}),
    ...(reader.has("prompt") ? { prompt: reader.text("prompt") } : {}),
    ...(context === undefined ? {} : { context }),
    ...(definition === undefined ? {} : { definition }),
    ...(reader.has("usage") ? { usage: readUsage(reader.object("usage")) } : {}),
  };
}

function readPrincipal(
  request: MemberReader,
  value: JsonObject,
  refuse: Refuse,
): TrustedPrincipalInput {
  const reader = request.object("principal");
  demandKnown(reader, PRINCIPAL, refuse);
  const delegators = reader.has("delegators") ? reader.objects("delegators") : [];
  return {
    agent: { id: reader.text("agent"), roles: rolesOf(reader, "roles") },
    ...(reader.has("user")
      ? { user: { id: reader.text("user"), roles: rolesOf(reader, "userRoles") } }
      : {}),
    delegators: delegators.map((each) => ({
      id: each.text("agent"),
      roles: rolesOf(each, "roles"),
    })),
    ceiling: readCeiling(value["ceiling"], refuse),
  };
}

function rolesOf(from: MemberReader, name: string): readonly string[] {
  return from.has(name) ? from.texts(name) : [];
}

// What is in a grant is checked where a principal is made of it.
function readCeiling(
  value: Json | undefined,
  refuse: Refuse,
): "unlimited" | readonly (string | Grant)[] {
  if (value === undefined || value === "unlimited") return "unlimited";
  if (Array.isArray(value) && value.every((item: Json) => isGrant(item))) return value;
  throw refuse("`ceiling` must be `unlimited` or an array of grants.");
}

function isGrant(value: Json): value is string | (JsonObject & Grant) {
  return typeof value === "string" || (isJsonObject(value) && typeof value["tool"] === "string");
}

function isDefinition(value: Json | undefined): value is JsonObject & ToolDefinition {
  return isJsonObject(value) && typeof value["name"] === "string";
}

function readUsage(reader: MemberReader): Usage {
  return { inputTokens: reader.count("inputTokens"), outputTokens: reader.count("outputTokens") };
}

function readExpectation(value: Json, refuse: Refuse): TestExpectation {
  if (!isJsonObject(value)) throw refuse("`expect` of a decision test must be an object.");
  const reader = createMemberReader(value, "expect", refuse);
  demandKnown(reader, EXPECT, refuse);
  const outcome = reader.text("outcome");
  if (outcome !== "permit" && outcome !== "deny" && outcome !== "approval-required") {
    throw refuse("`expect.outcome` must be permit, deny or approval-required.");
  }
  const { args } = value;
  return {
    outcome,
    ...(reader.has("code") ? { code: reader.text("code") } : {}),
    ...(reader.has("rules") ? { rules: reader.texts("rules").toSorted() } : {}),
    ...(reader.has("obligations") ? { obligations: reader.texts("obligations").toSorted() } : {}),
    ...(args === undefined ? {} : { args }),
    ...(reader.has("risk") ? { risk: reader.count("risk") } : {}),
  };
}

function demandKnown(reader: MemberReader, known: readonly string[], refuse: Refuse): void {
  if (reader.names().every((name) => known.includes(name))) return;
  throw refuse("A decision test has a member that is not known.");
}
