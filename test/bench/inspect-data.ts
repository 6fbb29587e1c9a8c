import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Json, ToolDefinition } from "@portcullis/core";
import type { PresentedTool } from "@portcullis/inspect";

/** An attack on a definition: the tool's name and its definition, or what its result says. */
export interface DefinitionAttack {
  readonly kind: "modification" | "addition";
  readonly attack: string;
  readonly tool: PresentedTool;
  /** True where the attack's text is in the result, so that the definition does not change. */
  readonly isResult: boolean;
}

/** One text with what it is. */
export interface LabelledText {
  readonly text: string;
  /** What rows share that are not independent of each other. */
  readonly group: string;
}

/** Rows of a file of JSON Lines. */
async function readRows(path: string): Promise<readonly Record<string, unknown>[]> {
  const text = await readFile(path, "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Real definitions, each with the server that it is of. */
export async function readBenign(data: string): Promise<readonly PresentedTool[]> {
  const rows = await readRows(join(data, "mcp-tools/benign-docker-registry.jsonl"));
  return rows.map((row) => {
    const { server, src, ...tool } = row;
    if (typeof src !== "string") throw new TypeError("A row says where it is from.");
    return { server: String(server), definition: tool as ToolDefinition };
  });
}

interface Payload {
  readonly tool_name: string;
  readonly modification_description?: string;
  readonly modification_return?: Json;
  readonly description?: string;
  readonly input_parameters?: Readonly<Record<string, Json>>;
}

/** Attack payloads on definitions. */
export async function readAttacks(data: string): Promise<readonly DefinitionAttack[]> {
  const rows = await readRows(join(data, "mcp-tools/mcpsafetybench-dev.jsonl"));
  return rows.flatMap((row): readonly DefinitionAttack[] => {
    const payload = row["payload"] as Payload;
    const base = { attack: String(row["attack"]) };
    const server = String(row["domain"]).replaceAll("_", "-");
    if (row["kind"] === "mcp_server_modifications") {
      const { tool_name: name, modification_description: description } = payload;
      const text = description ?? JSON.stringify(payload.modification_return);
      const tool = { server, definition: { name, description: text } };
      return [{ ...base, kind: "modification", tool, isResult: description === undefined }];
    }
    if (row["kind"] !== "mcp_server_additions") return [];
    const { tool_name: name, description = "", input_parameters: parameters = {} } = payload;
    const properties = Object.fromEntries(Object.keys(parameters).map((key) => [key, {}]));
    const definition = { name, description, inputSchema: { type: "object", properties } };
    return [{ ...base, kind: "addition", tool: { server, definition }, isResult: false }];
  });
}

/** Results of the recorded suites without an injection. */
export async function readCleanResults(data: string): Promise<readonly LabelledText[]> {
  const suites = await Promise.all(
    ["banking", "travel"].map(async (suite) => {
      const text = await readFile(join(data, `agentdojo/${suite}.json`), "utf8");
      return JSON.parse(text) as {
        readonly userTasks: readonly { readonly calls: readonly { readonly result?: unknown }[] }[];
      };
    }),
  );
  return suites
    .flatMap(({ userTasks }) => userTasks.flatMap(({ calls }) => calls))
    .filter(({ result }) => result !== undefined)
    .map(({ result }) => toText(result))
    .map((text) => ({ text, group: text }));
}

/** Results into which a request was injected. */
export async function readInjectedResults(data: string): Promise<readonly LabelledText[]> {
  const rows = await readRows(join(data, "injecagent/cases-dh-base.jsonl"));
  return rows.map((row) => ({
    text: String(row["Tool Response"]),
    group: String(row["Attacker Instruction"]),
  }));
}

/** Cases of rules for agents, by whether they should be found. */
export async function readRuleCases(data: string): Promise<{
  readonly positive: readonly LabelledText[];
  readonly negative: readonly LabelledText[];
}> {
  const rows = await readRows(join(data, "atr/cases-dev.jsonl"));
  const of = (label: string): readonly LabelledText[] =>
    rows
      .filter((row) => row["label"] === label)
      .map((row) => ({ text: caseText(row["case"]), group: String(row["rule"]) }));
  return { positive: of("tp"), negative: of("tn") };
}

/** Texts of attacks through documents. */
export async function readAttackTexts(data: string): Promise<readonly LabelledText[]> {
  const files = ["bipia_text_attack_train.json", "bipia_code_attack_train.json"];
  const read = files.map(async (name) => {
    const text = await readFile(join(data, "injection-text", name), "utf8");
    return JSON.parse(text) as Readonly<Record<string, readonly string[]>>;
  });
  return (await Promise.all(read)).flatMap((kinds) =>
    Object.entries(kinds).flatMap(([group, texts]) => texts.map((text) => ({ text, group }))),
  );
}

function caseText(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const { input, tool_call: call } = value as {
    readonly input?: unknown;
    readonly tool_call?: unknown;
  };
  return toText(input ?? call ?? value);
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
