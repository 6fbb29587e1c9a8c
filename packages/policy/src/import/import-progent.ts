import type { Issue, Json } from "@portcullis/core";
import { Document, isCollection, visit } from "yaml";
import { validatePolicyYaml } from "../compile-policy.ts";
import { formatPolicyYaml } from "../format/format-policy-yaml.ts";
import { matchShape, readShape } from "../shape/read-shape.ts";
import { createIssueList } from "../source/issue-list.ts";
import type { IssueList } from "../source/issue-list.ts";
import { placeOf } from "../source/located.ts";
import type { Located } from "../source/located.ts";
import { readJson } from "../source/read-json.ts";
import { createSourceText } from "../source/source-text.ts";
import { didYouMean, listed, quoted } from "../text/suggest.ts";
import { typeOfSchema } from "../types/schema-type.ts";
import type { Type } from "../types/type.ts";
import { derivedInput } from "./derived-input.ts";
import { progentShape, toolListShape } from "./progent-shape.ts";
import type { ImportedTool, ProgentRule } from "./progent-shape.ts";
import { memberPath, restrictionToCel } from "./restriction-to-cel.ts";
import { allOf, anyOf, not } from "./test-text.ts";
import type { TestText } from "./test-text.ts";

/** A JSON file to import, with its name for messages. */
export interface ImportFile {
  readonly file: string;
  readonly text: string;
}

/** How {@link importProgentPolicy} translates. */
export interface ImportProgentOptions {
  /** Which policy of a file that holds several by name; needed if there is more than one. */
  readonly suite?: string;
  /**
   * Definitions of the tools, a list of `{ name, inputSchema }` or an answer to `tools/list`. Absent:
   * arguments are typed as far as the restrictions say, and others are free.
   */
  readonly tools?: ImportFile;
  /** Name of the policy; default the suite's, else `imported`. */
  readonly name?: string;
  /** Agents that the rules are about; default every agent. */
  readonly agents?: readonly string[];
}

/** A policy that was imported, with what its reader should know, or every problem. */
export type ImportResult =
  | { readonly ok: true; readonly text: string; readonly notes: readonly string[] }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/**
 * Translates a policy of Progent, `{ tool: [[priority, effect, restrictions, fallback], …] }`, to a
 * policy in YAML that decides the same.
 *
 * There the first rule that fits decides, by priority, forbids before allows; here order never
 * matters. So an allow becomes a permit, and a forbid becomes a forbid (of fallback 2, ask the user,
 * a require with an approval) for what no allow before it fits. A restriction of an argument that a
 * call leaves out holds, as there. Whatever has no exact counterpart refuses the import.
 *
 * A tool's class is not known there: each is `execute`, the class of highest risk, until somebody
 * says what it does.
 *
 * @example
 * ```ts
 * const text = JSON.stringify({
 *   send_money: [[1, 0, { recipient: { type: "string", enum: ["GB29", "SE35"] } }, 0]],
 * });
 * const result = await importProgentPolicy({ file: "policies.json", text });
 * if (result.ok) result.text; // permit when: !has(args.recipient) || args.recipient in ["GB29", "SE35"]
 * ```
 */
export async function importProgentPolicy(
  source: ImportFile,
  options: ImportProgentOptions = {},
): Promise<ImportResult> {
  const issues = createIssueList();
  const tools = options.tools === undefined ? undefined : readTools(options.tools, issues);
  const chosen = chooseSuite(source, options.suite, issues);
  const policy =
    chosen === undefined
      ? undefined
      : readShape(progentShape, chosen.located, { path: chosen.path, issues });
  if (chosen === undefined || policy === undefined || issues.count() > 0) {
    return { ok: false, issues: issues.list() };
  }
  const notes: string[] = [];
  if (options.agents === undefined) notes.push("The rules are about every agent: name yours.");
  const translated = Object.entries(policy).map(([tool, rules]) =>
    translateTool(tool, rules, { chosen, issues, tools, notes, agents: options.agents }),
  );
  if (issues.count() > 0) return { ok: false, issues: issues.list() };
  const name = options.name ?? options.suite ?? chosen.name ?? "imported";
  const text = layOut({
    portcullis: 1,
    name,
    identity: "host",
    tools: Object.fromEntries(
      translated.map(({ tool, input }) => [tool, { class: "execute", input }]),
    ),
    rules: translated.flatMap(({ rules }) => rules),
  });
  const compiled = await validatePolicyYaml({ file: "policy.yaml", text });
  if (!compiled.ok) return { ok: false, issues: compiled.issues };
  return { ok: true, text, notes: [...CLASS_NOTE, ...new Set(notes)] };
}

/** Longest collection, as JSON, that is written on one line. */
const MAX_FLOW = 80;

const CLASS_NOTE = ["Every tool is of class `execute`: say what each does at worst."];

interface Chosen {
  readonly located: Located;
  readonly path: readonly PropertyKey[];
  readonly name?: string;
}

function chooseSuite(
  source: ImportFile,
  suite: string | undefined,
  issues: IssueList,
): Chosen | undefined {
  const located = readJson(createSourceText(source.file, source.text), issues);
  if (located === undefined) return undefined;
  if (located.kind !== "map") {
    issues.add(located, [], "A policy of Progent is an object of tools, or of suites of tools.");
    return undefined;
  }
  const hasSuites = [...located.entries.values()].some(({ value }) => value.kind === "map");
  if (!hasSuites && suite === undefined) return { located, path: [] };
  const names = [...located.entries.keys()];
  const name = suite ?? (names.length === 1 ? names[0] : undefined);
  const found = name === undefined ? undefined : located.entries.get(name)?.value;
  if (name !== undefined && found !== undefined && hasSuites) {
    return { located: found, path: [name], name };
  }
  const near = suite === undefined ? "" : didYouMean(suite, names);
  const message = hasSuites
    ? `Choose one of the suites ${listed(names)}${near === "" ? "." : near}`
    : "This file holds the tools of one policy; leave the suite out.";
  issues.add(located, [], message);
  return undefined;
}

function readTools(
  { file, text }: ImportFile,
  issues: IssueList,
): ReadonlyMap<string, ImportedTool> | undefined {
  const located = readJson(createSourceText(file, text), issues);
  if (located === undefined) return undefined;
  const tools = matchShape(toolListShape, located);
  if (tools === undefined) {
    const message =
      "Definitions of tools are a list of `{ name, inputSchema }`, or an object with such a list as `tools`.";
    issues.add(located, [], message);
    return undefined;
  }
  return new Map(tools.map((tool) => [tool.name, tool]));
}

interface ToolContext {
  readonly chosen: Chosen;
  readonly issues: IssueList;
  readonly tools: ReadonlyMap<string, ImportedTool> | undefined;
  readonly notes: string[];
  readonly agents: readonly string[] | undefined;
}

interface TranslatedTool {
  readonly tool: string;
  readonly input: Json;
  readonly rules: readonly object[];
}

function translateTool(
  tool: string,
  rules: readonly ProgentRule[],
  context: ToolContext,
): TranslatedTool {
  const { chosen, issues, tools, notes } = context;
  const input = inputOf(tool, rules, context);
  const type = typeOfSchema(input, "args");
  // Forbids stand before allows of the same priority.
  const ordered = rules
    .map((rule, index) => ({ rule, index }))
    .toSorted((a, b) => a.rule[0] - b.rule[0] || b.rule[1] - a.rule[1]);
  const allowedBefore: TestText[] = [];
  const translated = ordered.flatMap(({ rule, index }, position) => {
    const [, effect, restrictions, fallback] = rule;
    const fits = restrictionsToCel(restrictions, type, (path, message) => {
      const whole = [tool, index, 2, ...path];
      issues.add(placeOf(chosen.located, whole), [...chosen.path, ...whole], message);
    });
    const test = effect === 0 ? fits : allOf([fits, not(anyOf(allowedBefore))]);
    if (effect === 0) allowedBefore.push(fits);
    if (effect === 1 && fallback === 1) {
      notes.push("A forbid that ends the run there refuses the call here, and the run goes on.");
    }
    if (test === false) {
      notes.push(`Rule ${position + 1} of ${quoted(tool)} never decides, and is left out.`);
      return [];
    }
    return [toRule(tool, position + 1, { effect, fallback, test, agents: context.agents })];
  });
  if (tools !== undefined && !tools.has(tool)) {
    issues.add(
      placeOf(chosen.located, [tool]),
      [...chosen.path, tool],
      `The tool ${quoted(tool)} is not among the definitions${didYouMean(tool, tools.keys()) || "."}`,
    );
  }
  return { tool, input, rules: translated };
}

function inputOf(tool: string, rules: readonly ProgentRule[], { tools }: ToolContext): Json {
  if (tools !== undefined) return tools.get(tool)?.inputSchema ?? { type: "object" };
  return derivedInput(rules.map(([, , restrictions]) => restrictions));
}

/** All restrictions hold; that of an argument which is absent does. */
function restrictionsToCel(
  restrictions: Readonly<Record<string, Json>>,
  args: Type,
  refuse: (path: readonly PropertyKey[], message: string) => void,
): TestText {
  return allOf(
    Object.entries(restrictions).map(([name, restriction]) => {
      const member = args.kind === "object" ? args.member(name) : undefined;
      if (member === undefined) {
        const names = args.kind === "object" ? args.names : [];
        refuse([name], `The tool has no argument ${quoted(name)}${didYouMean(name, names) || "."}`);
        return false;
      }
      const value = memberPath("args", name);
      const test = restrictionToCel(restriction, {
        value,
        type: member.type,
        depth: 0,
        refuse: (path, message) => refuse([name, ...path], message),
      });
      return member.optional ? anyOf([`!has(${value})`, test]) : test;
    }),
  );
}

function toRule(
  tool: string,
  position: number,
  {
    effect,
    fallback,
    test,
    agents,
  }: {
    readonly effect: 0 | 1;
    readonly fallback: 0 | 1 | 2;
    readonly test: string | true;
    readonly agents: readonly string[] | undefined;
  },
): object {
  const asks = effect === 1 && fallback === 2;
  return {
    id: `progent/${tool.replaceAll(/[^A-Za-z0-9._:/-]/g, "_")}/${position}`,
    effect: effect === 0 ? "permit" : asks ? "require" : "forbid",
    ...(agents === undefined ? {} : { agents }),
    tools: [tool],
    ...(test === true ? {} : { when: test }),
    ...(asks ? { obligations: [{ approval: {} }] } : {}),
  };
}

function layOut(policy: object): string {
  const document = new Document(policy, { version: "1.2", aliasDuplicateObjects: false });
  visit(document, (_, node) => {
    // Short collections stand on one line, as people write them.
    if (isCollection(node)) node.flow = JSON.stringify(node.toJSON()).length <= MAX_FLOW;
  });
  const text = document.toString({ lineWidth: 0 });
  const formatted = formatPolicyYaml({ file: "policy.yaml", text });
  const body = formatted.ok ? formatted.text : text;
  return `# yaml-language-server: $schema=./node_modules/@portcullis/policy/schema/policy.v1.json\n${body}`;
}
