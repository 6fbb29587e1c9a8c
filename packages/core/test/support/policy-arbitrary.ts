import fc from "fast-check";
import type { EvaluationRequest } from "../../src/evaluation-request.ts";
import type { Json } from "../../src/json.ts";
import type { Obligation, PolicyDocument, Rule } from "../../src/policy-document.ts";
import type { Node, StaticType, VarNode } from "../../src/rule-ast.ts";
import * as b from "./policy-builders.ts";

const { lit, path } = b;
const TOOLS = ["act", "other", "valueOf2", "mcp:crm/export"] as const;
const AGENTS = ["bot", "planner", "__proto__", "constructor", "toString"] as const;
const USERS = ["user:ann", "user:bob"] as const;

/** Names that arguments have, or do not have. */
const ARGUMENTS = [
  "s",
  "n",
  "i",
  "t",
  "l",
  "m",
  "absent",
  "constructor",
  "__proto__x",
  "toString",
] as const;

const scalar: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(null, true, false, "", "a", "ab", "abc", "😀", "\uFFFF", "12"),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom<Json>(0.5, 1.5, -2.5, 2 ** 53 - 1, 1e300),
);

const json: fc.Arbitrary<Json> = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom("a", "b", "toString"), scalar, { maxKeys: 2 }),
);

/** Arguments, some of the wrong type, some absent. */
const argsArbitrary: fc.Arbitrary<{ readonly [name: string]: Json }> = fc
  .record(
    {
      s: fc.oneof({ weight: 3, arbitrary: fc.constantFrom("", "a", "ab", "abc") }, json),
      n: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(0.5, 1.5, 2, -1) }, json),
      i: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: -3, max: 3 }) }, json),
      t: fc.oneof({ weight: 3, arbitrary: fc.boolean() }, json),
      l: fc.oneof(
        { weight: 3, arbitrary: fc.array(fc.constantFrom("a", "ab", "X1"), { maxLength: 3 }) },
        json,
      ),
      m: json,
      constructor: json,
    },
    { requiredKeys: [] },
  )
  .map((args) => ({ ...args }));

/** Paths that may be absent or of another type than they say. */
function reads(t: StaticType, names: readonly string[]): fc.Arbitrary<VarNode> {
  const argument = fc.constantFrom(...names, ...ARGUMENTS).map((name) => path(`args.${name}`, t));
  return fc.oneof(
    { weight: 6, arbitrary: argument },
    fc
      .constantFrom("context.a", "context.b.c", "args.m.a", "args.m.toString", "args.l.0")
      .map((text) => path(text, t)),
  );
}

const SAMPLES = [1, 2, 2, 3, 5, 8, 13, 21].map((sample) => ({
  ref: "r",
  tool: "act",
  outcome: "completed" as const,
  at: b.NOW,
  numbers: { "/i": sample, "/n": 7 },
}));

interface Nodes {
  bool: Node;
  int: Node;
  double: Node;
  text: Node;
  list: Node;
  any: Node;
}

/**
 * Well-typed conditions over every operator; `variable` is in scope below a quantifier, `inner` are
 * the bodies of quantifiers within.
 */
function nodes(
  variable: "x" | "y" | undefined,
  inner?: fc.Arbitrary<Node>,
): { [K in keyof Nodes]: fc.Arbitrary<Nodes[K]> } {
  const element: fc.Arbitrary<Node>[] =
    variable === undefined
      ? []
      : [
          fc
            .constantFrom("x", ...(variable === "y" ? ["y"] : []))
            .map((name) => path(name, "string")),
        ];
  const anyElement = variable === undefined ? [] : [fc.constant<Node>(path("x"))];
  return fc.letrec<Nodes>((tie: fc.LetrecTypedTie<Nodes>) => {
    const comparison = (
      a: keyof Nodes,
      c: keyof Nodes,
      ops: readonly Parameters<typeof b.op2>[0][],
    ) =>
      fc
        .tuple(fc.constantFrom(...ops), tie(a), tie(c))
        .map(([op, left, right]) => b.op2(op, left, right));
    return {
      bool: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.boolean().map((value) => lit(value)),
        reads("bool", ["t"]),
        reads("dyn", ["t", "s"]).map((read) =>
          b.has(
            read.path.length > 0 && typeof read.path.at(-1) === "string" ? read : path("args.s"),
          ),
        ),
        fc.array(tie("bool"), { minLength: 2, maxLength: 3 }).map((of) => b.and(...of)),
        fc.array(tie("bool"), { minLength: 2, maxLength: 3 }).map((of) => b.or(...of)),
        tie("bool").map(b.not),
        fc.tuple(tie("bool"), tie("bool"), tie("bool")).map(([c, x, y]) => b.cond(c, x, y)),
        comparison("any", "any", ["eq", "ne"]),
        comparison("text", "text", ["eq", "ne", "lt", "le", "gt", "ge"]),
        comparison("int", "double", ["eq", "ne", "lt", "le", "gt", "ge"]),
        comparison("double", "double", ["eq", "lt", "ge"]),
        fc
          .tuple(fc.constantFrom("args.i", "args.absent", "args.n"), fc.constantFrom(0, 0.5, 3))
          .map(([at, bound]) => b.op2("gt", b.anomaly(path(at, "double")), lit(bound, "double"))),
        comparison("text", "text", ["startsWith", "endsWith", "contains"]),
        comparison("text", "list", ["in"]),
        fc
          .tuple(tie("text"), fc.subarray(["a", "ab", "abc"], { minLength: 1 }))
          .map(([a, values]) => b.op2("in", a, lit(values))),
        fc
          .tuple(tie("text"), fc.constantFrom("b", "^a", "^[a-z]+$", "(?:a|b)c"))
          .map(([a, pattern]) => b.matches(a, pattern)),
        reads("dyn", ["s", "l"]).map((read) =>
          b.said({ ...read, name: "args", path: read.path.slice(0, 1) }),
        ),
        tie("text").map((a) => b.convert("bool", a)),
        fc
          .tuple(fc.constantFrom("/s", "/l/0", "/absent"), fc.boolean())
          .map(([at, optional]) =>
            b.has(b.word(at, "", { map: "dyn" }, optional ? { optional } : {})),
          ),
        fc.constantFrom("/s", "/m").map((at): Node => ({
          op: "within",
          t: "bool",
          a: b.word(at, "text", "string"),
          b: lit("abc"),
        })),
        ...(inner === undefined
          ? []
          : [quantifier(tie("list"), inner, variable === undefined ? "x" : "y")]),
      ),
      int: fc.oneof(
        { maxDepth: 3 },
        fc.integer({ min: -3, max: 3 }).map((value) => lit(value)),
        reads("int", ["i"]),
        fc.constant(path("session.turn", "int")),
        fc.constant(b.word("/s", "length", "int")),
        tie("any")
          .chain(() => fc.oneof(tie("text"), tie("list")))
          .map(b.size),
        tie("int").map(b.neg),
        fc
          .tuple(fc.constantFrom("add", "sub", "mul", "div", "mod"), tie("int"), tie("int"))
          .map(([op, x, y]) => b.calc(op, "int", x, y)),
        fc.oneof(tie("double"), tie("text")).map((a) => b.convert("int", a)),
        fc
          .tuple(reads("int", ["i"]), fc.integer({ min: 0, max: 2 }))
          .map(([read, value]) => b.orValue(endsInName(read), lit(value))),
      ),
      double: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(0, 0.5, 1.5, -2).map((value) => lit(value, "double")),
        reads("double", ["n", "i"]),
        tie("double").map(b.neg),
        fc
          .tuple(fc.constantFrom("add", "sub", "mul", "div"), tie("double"), tie("double"))
          .map(([op, x, y]) => b.calc(op, "double", x, y)),
        fc.oneof(tie("int"), tie("text")).map((a) => b.convert("double", a)),
      ),
      text: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom("", "a", "ab", "abc", "b", "1").map((value) => lit(value)),
        reads("string", ["s"]),
        fc
          .constantFrom("tool.name", "principal.agent.id", "principal.user.id", "tool.class")
          .map((text) => path(text, "string")),
        fc.constant(b.word("/s", "text", "string")),
        fc.oneof(tie("int"), tie("double"), tie("bool")).map((a) => b.convert("string", a)),
        fc.tuple(tie("bool"), tie("text"), tie("text")).map(([c, x, y]) => b.cond(c, x, y)),
        ...element,
      ),
      list: fc.oneof(
        fc.subarray(["a", "ab", "z"]).map((values) => lit(values, { list: "string" })),
        reads({ list: "string" }, ["l"]),
        fc
          .constantFrom("principal.agent.roles", "principal.user.roles", "flow.session")
          .map((text) => path(text, { list: "string" })),
        fc.constant(b.word("/s", "letters", { list: "string" })),
      ),
      any: fc.oneof(
        { maxDepth: 2 },
        json.map((value) => lit(value, "dyn")),
        reads("dyn", ["s", "n", "l", "m"]),
        ...anyElement,
      ),
    };
  });
}

function quantifier(
  over: fc.Arbitrary<Node>,
  body: fc.Arbitrary<Node>,
  as: "x" | "y",
): fc.Arbitrary<Node> {
  const calls = path("session.calls", { list: { map: "dyn" } });
  const isCall = b.op2("eq", path(`${as}.tool`, "string"), lit("act"));
  const op = fc.constantFrom("all", "exists", "existsOne");
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .tuple(op, over, body)
        .map(([name, list, inner]) => b.each(name, list, inner, as)),
    },
    { weight: 1, arbitrary: op.map((name) => b.each(name, calls, isCall, as)) },
  );
}

function endsInName(read: VarNode): VarNode {
  return typeof read.path.at(-1) === "string" ? read : path("args.i", read.t);
}

/** A condition over every operator that the loader accepts, roles aside. */
export const conditionArbitrary: fc.Arbitrary<Node> = nodes(
  undefined,
  nodes("x", nodes("y").bool).bool,
).bool.filter(isAcceptable);

// Roles compared with literals must be declared, and the generator does not know any.
function isAcceptable(node: Node): boolean {
  const text = JSON.stringify(node);
  return !/"roles"/.test(text) || !/"(?:eq|ne|in|exists|existsOne|all)"/.test(text);
}

const parties = (names: readonly string[]): fc.Arbitrary<readonly string[] | undefined> =>
  fc.option(
    fc.uniqueArray(fc.constantFrom(...names, "role:admin", "role:support"), {
      minLength: 1,
      maxLength: 3,
    }),
    { nil: undefined },
  );

const many = Array.from({ length: 20 }, (_, at) => `spare-${at}`);

const obligations: fc.Arbitrary<readonly Obligation[]> = fc.array(
  fc.oneof(
    fc.record({
      type: fc.constant("clamp" as const),
      path: fc.constantFrom("/n"),
      max: fc.integer({ min: 0, max: 2 }),
    }),
    fc.record({
      type: fc.constant("clamp" as const),
      path: fc.constant("/n"),
      min: fc.integer({ min: 1, max: 4 }),
    }),
    fc.record({
      type: fc.constant("redact" as const),
      target: fc.constantFrom("args", "result"),
      kinds: fc.constantFrom(["pii"], ["secret"]),
    }),
    fc
      .constantFrom("a", "b")
      .map((queue): Obligation => ({ type: "approval", ...b.APPROVAL, queue })),
  ),
  { minLength: 1, maxLength: 2 },
);

/** A rule of any effect about some tools and parties; ids come from the caller. */
export const ruleArbitrary: fc.Arbitrary<Omit<Rule, "id">> = fc
  .record({
    effect: fc.constantFrom("permit", "permit", "permit", "permit", "forbid", "require", "require"),
    tools: fc.option(
      fc.oneof(
        fc.uniqueArray(fc.constantFrom(...TOOLS), { minLength: 1 }),
        fc.constant([...many, "act"]),
      ),
      { nil: undefined },
    ),
    agents: fc.oneof(
      { weight: 6, arbitrary: parties(AGENTS) },
      { weight: 1, arbitrary: fc.constant([...many, "bot"]) },
    ),
    users: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, parties(USERS)),
    when: fc.option(conditionArbitrary, { nil: undefined, freq: 2 }),
    mode: fc.oneof(
      { weight: 5, arbitrary: fc.constant(undefined) },
      fc.constantFrom("enforce" as const, "shadow" as const),
    ),
    obligations,
  })
  .map(({ effect, tools, obligations: carried, ...clauses }) => {
    const present = Object.entries(clauses).filter(([, value]) => value !== undefined);
    return {
      effect,
      ...Object.fromEntries(present),
      ...(tools === undefined && effect !== "permit" ? {} : { tools: tools ?? ["act"] }),
      ...(effect === "require" ? { obligations: carried } : {}),
    };
  });

/** A whole document with up to ten rules, risk additions and thresholds. */
export const documentArbitrary: fc.Arbitrary<PolicyDocument> = fc
  .record({
    rules: fc.array(ruleArbitrary, { maxLength: 10 }),
    add: fc.array(
      fc.record({
        when: conditionArbitrary,
        points: fc.integer({ min: 0, max: 60 }),
        factor: fc.constantFrom("f", "g"),
      }),
      { maxLength: 2 },
    ),
    deny: fc.option(fc.integer({ min: 50, max: 70 }), { nil: undefined }),
    approval: fc.option(fc.integer({ min: 0, max: 49 }), { nil: undefined }),
  })
  .map(({ rules, add, deny, approval }) => {
    const plain = b.documentOf();
    const document = b.documentOf({
      tools: {
        act: b.toolEntry({ resource: { type: "thing", id: path("args.s", "string") } }),
        other: b.toolEntry({ class: "pay" }),
        valueOf2: b.toolEntry({ class: "delete", sensitivity: "restricted" }),
        "mcp:crm/export": b.toolEntry({ class: "send", origin: "mcp" }),
      },
      risk: {
        ...plain.risk,
        add,
        approval: approval === undefined ? [] : [{ ...b.APPROVAL, from: approval }],
        ...(deny === undefined ? {} : { deny: { from: deny } }),
      },
    });
    return withRules(
      document,
      rules.map((one, at) => ({ id: `r${String(at).padStart(2, "0")}`, ...one })),
    );
  });

/** The document with these rules, and with the spare tools if one of them names many. */
export function withRules(document: PolicyDocument, rules: readonly Rule[]): PolicyDocument {
  const isWide = rules.some(({ tools }) => tools?.includes("spare-0") === true);
  const spare = isWide ? Object.fromEntries(many.map((name) => [name, b.toolEntry()])) : {};
  return { ...document, rules, tools: { ...spare, ...document.tools } };
}

const roles = fc.subarray(["admin", "support"]);
const actor = fc.record({ id: fc.constantFrom(...AGENTS), roles });

/** A request about one of the tools, or none, with any arguments, by any chain. */
export const requestArbitrary: fc.Arbitrary<EvaluationRequest> = fc
  .record({
    tool: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...TOOLS, "act", "act") },
      fc.constantFrom("nope", "__proto__", "constructor", "toString"),
    ),
    args: argsArbitrary,
    chain: fc.array(actor, { minLength: 1, maxLength: 3 }),
    user: fc.option(fc.record({ id: fc.constantFrom(...USERS), roles }), { nil: undefined }),
    ceiling: fc.oneof(
      { weight: 6, arbitrary: fc.constant("unlimited" as const) },
      fc.subarray(TOOLS.map((tool) => ({ tool }))),
    ),
    session: fc.record({
      calls: fc
        .array(
          fc.record({
            ref: fc.constant("r"),
            tool: fc.constantFrom("act", "other"),
            outcome: fc.constantFrom("completed" as const, "failed" as const),
            at: fc.constant(b.NOW),
          }),
          { maxLength: 2 },
        )
        .chain((few) =>
          // Also enough of them for a statistic.
          fc.constantFrom([], few, SAMPLES, [...few, ...SAMPLES]),
        ),
      truncated: fc.boolean(),
      turn: fc.integer({ min: 0, max: 3 }),
      startedAt: fc.constant(b.NOW),
      labels: fc.subarray(["a", "untrusted"]),
    }),
    facts: fc.option(fc.record({ a: json, b: json }, { requiredKeys: [] }), { nil: undefined }),
    request: fc.option(fc.array(fc.constantFrom("pay abc", "a and 2", "")), { nil: undefined }),
  })
  .map(({ chain, user, ceiling, facts, request, ...rest }): EvaluationRequest => {
    const [agent = b.party("bot")] = chain;
    const principal = { agent, chain, ceiling, ...(user === undefined ? {} : { user }) };
    return {
      ...rest,
      principal,
      now: b.NOW,
      ...(facts === undefined ? {} : { facts }),
      ...(request === undefined ? {} : { request }),
    };
  });
