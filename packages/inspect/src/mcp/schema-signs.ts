import type { DefinitionFinding, Json, ToolDefinition } from "@portcullis/core";

// A name that advertises the tool.
const PRAISING =
  /^(?:best|ultimate|superior|top|preferred|trusted|official|verified|the[-_]?only)[-_]|[-_](?:best|ultimate|preferred|trusted|official)$/i;
// Parameters through which a tool takes along what it has no business with.
const CAPTURING =
  /^(?:side_?notes?|(?:full|entire|whole|previous|chat|conversation|message)_?(?:conversation|chat|context|history|messages|log)|system_?prompt|(?:llm|model|agent|internal|hidden)_?(?:thoughts?|reasoning|instructions?|context|prompt)|env(?:ironment)?_?(?:vars?|variables|dump)|user_?secrets?|ssh_?keys?|all_?(?:tools|secrets|files))$/i;
const ACTIVE_CODE =
  /<script\b|javascript:|\$\{jndi:|\b__import__\s{0,4}\(|;\s{0,4}DROP\s{1,4}TABLE|\bon(?:error|load)\s{0,4}=|\bos\.system\s{0,4}\(|\bchild_process\b/i;
const CHANGING =
  /(?:^|_)(?:delete|remove|drop|destroy|write|update|create|send|pay|transfer|execute|run)(?:_|$)/i;
const MAX_DEPTH = 64;

/** What names, parameters and annotations of a definition say besides its prose. */
export function findSchemaSigns(definition: ToolDefinition): readonly DefinitionFinding[] {
  const findings: DefinitionFinding[] = [];
  const { name, description, inputSchema, annotations } = definition;
  if (PRAISING.test(name)) findings.push(sign("praising-name", "/name", PRAISE_TEXT));
  if (description !== undefined && ACTIVE_CODE.test(description)) {
    findings.push(sign("active-code", "/description", CODE_TEXT));
  }
  collectParameters(inputSchema, { path: "/inputSchema", depth: 0, findings });
  if (claimsReadOnly(annotations) && CHANGING.test(name)) {
    findings.push({
      rule: "contradictory-annotation",
      severity: "info",
      path: "/annotations/readOnlyHint",
      message: "Claims to be read-only under a name that says otherwise.",
    });
  }
  return findings;
}

const PRAISE_TEXT = "Has a name that is meant to win the choice between tools.";
const CODE_TEXT = "Holds code that would run where the text is shown or evaluated.";

function sign(rule: string, path: string, message: string): DefinitionFinding {
  return { rule, severity: "warning", path, message };
}

interface Walk {
  readonly path: string;
  readonly depth: number;
  readonly findings: DefinitionFinding[];
}

function collectParameters(schema: Json | undefined, { path, depth, findings }: Walk): void {
  if (!isObject(schema) || depth > MAX_DEPTH) return;
  for (const [member, value] of Object.entries(schema)) {
    const inner = `${path}/${escape(member)}`;
    if (member === "properties" && isObject(value)) {
      for (const name of Object.keys(value)) {
        if (!CAPTURING.test(name)) continue;
        findings.push(
          sign(
            "capturing-parameter",
            `${inner}/${escape(name)}`,
            "Takes the conversation, instructions or secrets as a parameter.",
          ),
        );
      }
    }
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) {
        collectParameters(item, { path: `${inner}/${index}`, depth: depth + 1, findings });
      }
    } else {
      collectParameters(value, { path: inner, depth: depth + 1, findings });
    }
  }
}

function claimsReadOnly(annotations: Json | undefined): boolean {
  return isObject(annotations) && annotations["readOnlyHint"] === true;
}

function isObject(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function escape(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
