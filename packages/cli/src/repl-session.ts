import type {
  EvaluationRequest,
  FactProvider,
  Json,
  Node,
  PolicyDocument,
  Rule,
} from "@portcullis/core";
import { askedRequest, compilePolicy, explainRules, PortcullisConfigError } from "@portcullis/core";
import { linearMatcher } from "@portcullis/inspect";
import { formatIssues, validateCondition } from "@portcullis/policy";
import { LineRefusal } from "./answer-lines.ts";
import type { ClauseTree } from "./clause-tree.ts";
import { toClauseTree } from "./clause-tree.ts";
import type { EvalLine, EvalPrincipal } from "./eval-line.ts";
import { parseEvalLine } from "./eval-line.ts";
import { toAnswer, toCall, toContext } from "./evaluate-line.ts";
import type { Evaluation } from "./evaluate-once.ts";
import type { Evaluator } from "./evaluator.ts";
import { isJsonObject } from "./is-json-object.ts";
import type { LoadedPolicy } from "./load-policy-file.ts";
import type { MaskOptions } from "./mask-value.ts";
import { parseJsonOption } from "./read-json-option.ts";
import { readStrictJson } from "./strict-json.ts";

/** What one line of the prompt came to. */
export type ReplAnswer =
  | { readonly kind: "call"; readonly evaluation: Evaluation }
  | { readonly kind: "condition"; readonly condition: ClauseTree }
  | { readonly kind: "explain"; readonly evaluation: Evaluation }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "error"; readonly message: string }
  | { readonly kind: "quit" };

/** Answers lines one after the other; calls add to the session's history, limits and labels. */
export interface ReplSession {
  answer(line: string): Promise<ReplAnswer>;
  /** How values are to be shown now. */
  readonly mask: MaskOptions;
}

/** What {@link createReplSession} starts from. */
export interface ReplSessionOptions {
  readonly policy: LoadedPolicy;
  readonly evaluator: Evaluator;
  /** Who calls, with prompt and context; its tool and arguments are not looked at. */
  readonly start: EvalLine;
  readonly showValues: boolean;
  /** Typed facts that conditions may use, ready to extract. */
  readonly facts: readonly FactProvider[];
}

/** What can be typed, for people. */
export const REPL_HELP: string = `<tool> {json}         decide a call; it counts, and its result is null
<condition>           evaluate a CEL condition against the last call
.explain              every rule about the last call, clause by clause
.principal {json}     {"agent", "roles", "user", "userRoles"}
.prompt text          the user's own words; nothing = not known
.context {json}       the host's facts
.ceiling [json]       what is delegated; nothing = unlimited
.session              begin a new session
.values on|off        show texts of arguments
.tools                the catalogue
.quit                 end
`;

interface LastCall {
  readonly line: EvalLine;
  readonly evaluation: Evaluation;
  /** Absent where no rule was asked. */
  readonly request: EvaluationRequest | undefined;
}

/** Makes a session of the prompt over one evaluator. */
export function createReplSession({
  policy,
  evaluator,
  start,
  showValues,
  facts,
}: ReplSessionOptions): ReplSession {
  const { document } = policy;
  const parts = { facts, matcher: linearMatcher() };
  const compiled = compilePolicy(document, parts);
  let line: EvalLine = { ...start, session: "repl-1" };
  let sessions = 1;
  let last: LastCall | undefined;
  let mask: MaskOptions = { showValues };

  const call = async (tool: string, args: Json): Promise<ReplAnswer> => {
    const current: EvalLine = { ...line, tool, args };
    const { guard } = evaluator;
    const outcome = await guard.execute(toCall(current, document), toContext(current), () => null);
    const { decision } = outcome;
    const request = askedRequest(decision);
    const traces = request === undefined ? [] : explainRules(compiled, request);
    const evaluation = { ...policy, answer: toAnswer(current, decision), decision, traces };
    last = { line: current, evaluation, request };
    return { kind: "call", evaluation };
  };

  const set = (change: Partial<EvalLine>): ReplAnswer => {
    line = { ...line, ...change };
    return done();
  };

  const command = (name: string, rest: string): ReplAnswer => {
    if (name === ".quit" || name === ".exit") return { kind: "quit" };
    if (name === ".help") return { kind: "text", text: REPL_HELP };
    if (name === ".tools") return { kind: "text", text: listTools(document) };
    if (name === ".prompt") return set({ prompt: rest === "" ? undefined : rest });
    if (name === ".principal") return set({ principal: readPrincipal(rest) });
    if (name === ".context") return set({ context: readPart("context", rest) });
    if (name === ".ceiling") {
      return set({ ceiling: rest === "" ? undefined : readCeiling(rest, line) });
    }
    if (name === ".session") {
      sessions += 1;
      last = undefined;
      return set({ session: `repl-${sessions}` });
    }
    if (name === ".values" && (rest === "on" || rest === "off")) {
      mask = { showValues: rest === "on" };
      return done();
    }
    if (name === ".explain") {
      return last === undefined ? noCall() : { kind: "explain", evaluation: last.evaluation };
    }
    return refuse(`${name} is not known, or needs something else; .help lists what there is.`);
  };

  const condition = (text: string): ReplAnswer => {
    if (last === undefined) return noCall();
    const { request } = last;
    if (request === undefined) return refuse("No rule was asked about the last call.");
    const result = validateCondition(text, { policy: document, tool: last.line.tool, facts });
    if (!result.ok) {
      return refuse(formatIssues(result.issues, { textOf: () => text }));
    }
    const [trace] = explainRules(
      compilePolicy({ ...document, rules: [toRule(result.condition, last.line.tool)] }, parts),
      request,
    );
    return trace?.condition === undefined
      ? refuse("The condition could not be evaluated.")
      : { kind: "condition", condition: toClauseTree(result.condition, trace.condition, mask) };
  };

  return {
    get mask() {
      return mask;
    },
    async answer(text) {
      const trimmed = text.trim();
      const [, head = "", rest = ""] = /^(\S+)\s*(.*)$/su.exec(trimmed) ?? [];
      try {
        if (head === "" || head.startsWith("#")) return done();
        if (head.startsWith(".")) return command(head, rest.trim());
        const isTool = Object.hasOwn(document.tools, head) && (rest === "" || isJson(rest));
        if (isTool || isCallLike(rest)) {
          return await call(head, rest === "" ? {} : parseJsonOption("arguments", rest));
        }
        return condition(trimmed);
      } catch (error) {
        if (error instanceof PortcullisConfigError || error instanceof LineRefusal) {
          return refuse(error.message);
        }
        throw error;
      }
    },
  };
}

function done(): ReplAnswer {
  return { kind: "text", text: "" };
}

function refuse(message: string): ReplAnswer {
  return { kind: "error", message };
}

function noCall(): ReplAnswer {
  return refuse("There is no call yet; type a tool and its arguments, such as `rm {}`.");
}

function isJson(text: string): boolean {
  return readStrictJson(text).ok;
}

// A condition never is a name, a space and a brace.
function isCallLike(rest: string): boolean {
  return rest.startsWith("{");
}

function listTools({ tools }: PolicyDocument): string {
  return Object.entries(tools)
    .map(([name, entry]) => `${name}  ${entry.class}, ${entry.sensitivity}\n`)
    .join("");
}

function readPrincipal(text: string): EvalPrincipal {
  const value = parseJsonOption(".principal", text);
  if (!isJsonObject(value)) throw new PortcullisConfigError(".principal", "It takes an object.");
  const { userRoles = [], ...rest } = value;
  const { principal } = parseEvalLine({ id: 0, tool: "none", principal: rest });
  if (!Array.isArray(userRoles) || !userRoles.every((role) => typeof role === "string")) {
    throw new PortcullisConfigError(".principal", "`userRoles` must be a list of names.");
  }
  if (principal === undefined) throw new PortcullisConfigError(".principal", "It takes an object.");
  return { ...principal, userRoles };
}

function readPart(name: "context", text: string): EvalLine["context"] {
  const value = text === "" ? {} : parseJsonOption(`.${name}`, text);
  return parseEvalLine({ id: 0, tool: "none", [name]: value })[name];
}

function readCeiling(text: string, { principal }: EvalLine): EvalLine["ceiling"] {
  const value = parseJsonOption(".ceiling", text);
  const agent = { agent: principal?.agent ?? "assistant" };
  return parseEvalLine({ id: 0, tool: "none", principal: agent, ceiling: value }).ceiling;
}

/** A rule that nothing but the condition decides, so that it is walked as rules are. */
function toRule(when: Node, tool: string): Rule {
  return { id: "condition", effect: "permit", tools: [tool], when };
}
