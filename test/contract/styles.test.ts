import { createGuard, trustedPrincipal } from "@portcullis/core";
import type { FactProvider, Issue, Json, PolicyDocument } from "@portcullis/core";
import { createSqlFacts, linearMatcher, typedFacts } from "@portcullis/inspect";
import { validatePolicyYaml } from "@portcullis/policy";
import { describe, expect, test } from "vitest";
import { HONEST_PATHS, SMUGGLED_PATHS } from "../../packages/inspect/test/support/smuggled-path.ts";
import {
  HONEST_SHELL,
  SHELL_SIDE_EFFECTS,
  SMUGGLED_SHELL,
} from "../../packages/inspect/test/support/smuggled-shell.ts";
import { HONEST_SQL, SMUGGLED_SQL } from "../../packages/inspect/test/support/smuggled-sql.ts";
import {
  SMUGGLED_HOSTS,
  SMUGGLED_URL_PATHS,
} from "../../packages/inspect/test/support/smuggled-url.ts";

const sql = createSqlFacts();
await sql.ready();
const facts: readonly FactProvider[] = [...typedFacts(), sql.provider];

const INPUT = {
  type: "object",
  properties: {
    x: { type: "string" },
    list: { type: "array", items: { type: "string" } },
    maybe: { type: ["string", "null"] },
    "odd-name": { type: "string" },
    deep: { type: "object", properties: { y: { type: "string" } }, required: ["y"] },
    n: { type: "integer" },
    any: {},
  },
};

function policyText(style: object, more: readonly object[] = []): string {
  return JSON.stringify({
    portcullis: 1,
    name: "styles",
    identity: "host",
    tools: {
      act: { class: "write", input: INPUT },
      "mcp:crm/run": { class: "read", input: INPUT },
    },
    rules: [{ id: "all", effect: "permit", tools: ["act", "mcp:crm/run"] }],
    styles: [{ tool: "act", argument: "x", ...style }, ...more],
  });
}

async function validate(text: string) {
  return validatePolicyYaml({ file: "policy.yaml", text }, { facts });
}

async function compile(style: object, more: readonly object[] = []): Promise<PolicyDocument> {
  const result = await validate(policyText(style, more));
  if (!result.ok) throw new Error(result.issues.map(({ message }) => message).join("\n"));
  return result.document;
}

async function issuesOf(style: object, more: readonly object[] = []): Promise<readonly Issue[]> {
  const result = await validate(policyText(style, more));
  return result.ok ? [] : result.issues;
}

interface Answer {
  readonly permitted: boolean;
  readonly code?: string;
  readonly rule?: string;
  readonly message?: string;
}

async function answering(style: object): Promise<(args: Json) => Promise<Answer>> {
  const guard = await createGuard({
    policy: await compile(style),
    facts,
    matcher: linearMatcher(),
  });
  const context = { principal: trustedPrincipal({ agent: { id: "agent" } }) };
  return async (args) => {
    const decision = await guard.check({ callId: "1", tool: "act", args }, context);
    if (decision.outcome !== "deny") return { permitted: decision.outcome === "permit" };
    const { code, rule, message } = decision.denial;
    return { permitted: false, code, message, ...(rule === undefined ? {} : { rule: rule.id }) };
  };
}

/** The values that a style lets through. */
async function through(style: object, values: readonly string[]): Promise<readonly string[]> {
  const answer = await answering(style);
  const found: string[] = [];
  for (const x of values) if ((await answer({ x })).permitted) found.push(x);
  return found;
}

const SELECT_ONLY = { sql: { allow: ["select"], tables: ["orders", "public.orders"] } };
const PATHS = { roots: { within: ["/workspace/data"], base: "/workspace/data" } };
const API = {
  endpoints: { hosts: ["api.example.com"], allow: ["/v1/*"], forbid: ["/v1/admin/*"] },
};
const COMMANDS = { commands: { allow: ["ls", "cat", "grep", "wc", "head"] } };

/** URLs on the host that is meant, whose paths lead elsewhere. */
const SMUGGLED_ENDPOINTS = [
  ...SMUGGLED_URL_PATHS.map((path) =>
    path.startsWith("/") ? `https://api.example.com${path}` : path,
  ),
  ...[
    "/",
    "/v1",
    "/v2/x",
    "/V1/x",
    "/v1x/y",
    "/v1/../v2/x",
    "/v1/%2e%2e/v2/x",
    "/v1/x/../../v2",
    "/v1//x",
    "/v1/..;/v2",
    "/v1;a/x",
    "/v1%2fx",
    "/v1/%2Fx",
    "/v1/%5c..%5cv2",
    "/v1/%00",
    "/x/v1/y",
    "/?/v1/x",
    "/#/v1/x",
    "?/v1/x",
    "/v1/admin",
    "/v1/admin/",
    "/v1/admin/users",
    "/v1/Admin/users",
    "/v1/ADMIN/users",
    "/v1/aDmIn",
    "/v1/x/../admin/users",
    "/v1/%61dmin/users",
    "/v1/%41DMIN/users",
    "/v1/./admin/users",
    "/v1/admin/../admin/x",
    "/v1/admin?x",
    "/v1/admin#x",
    "/v1/admin/%2e/x",
    "/v1//admin/x",
    "/v1/%61%64%6d%69%6e",
  ].map((path) => `https://api.example.com${path}`),
];

describe("nothing is smuggled past a style", () => {
  test("of statements that only read", async () => {
    const more = [
      "SELECT * FROM orders FOR UPDATE",
      "SELECT * FROM orders FOR SHARE",
      "LOCK TABLE orders",
      "EXPLAIN SELECT * FROM orders",
      "EXPLAIN ANALYZE DELETE FROM orders",
      "SHOW search_path",
      "SET search_path = evil",
      "VALUES (pg_read_file('x'))",
      "SELECT * FROM orders; SELECT * FROM orders",
      "SELECT * FROM other.orders",
      'SELECT * FROM "Orders"',
      "SELECT * FROM orders, secrets",
      "SELECT (SELECT max(a) FROM secrets) FROM orders",
      "",
      "-- nothing",
      ";",
    ];
    // Bounds on rows are no matter of this style.
    const bounds = new Set(
      SMUGGLED_SQL.filter((text) =>
        /^SELECT \* FROM orders(?: WHERE \w+ = \d+| LIMIT \d+)?$/.test(text),
      ),
    );
    const smuggled = [...SMUGGLED_SQL.filter((text) => !bounds.has(text)), ...more];
    expect(smuggled.length).toBeGreaterThanOrEqual(60);
    expect(await through(SELECT_ONLY, smuggled)).toEqual([]);
    expect(await through(SELECT_ONLY, HONEST_SQL)).toEqual(HONEST_SQL);
  });

  test("of statements that only insert", async () => {
    const style = { sql: { allow: ["insert"], forbid: ["update", "delete"], tables: ["notes"] } };
    const smuggled = [
      ...SMUGGLED_SQL,
      "INSERT INTO notes SELECT * FROM notes",
      "INSERT INTO notes VALUES ((SELECT max(a) FROM notes))",
      "INSERT INTO notes VALUES (1) ON CONFLICT (id) DO UPDATE SET a = 1",
      "INSERT INTO notes VALUES (evil())",
      "INSERT INTO notes VALUES (nextval('s'))",
      "INSERT INTO secrets VALUES (1)",
      "INSERT INTO other.notes VALUES (1)",
      "WITH x AS (DELETE FROM notes RETURNING *) INSERT INTO notes VALUES (1)",
      "INSERT INTO notes VALUES (1); INSERT INTO notes VALUES (2)",
    ];
    expect(await through(style, smuggled)).toEqual([]);
    const honest = ["INSERT INTO notes VALUES (1, 'a')", "INSERT INTO notes (a) VALUES (1), (2)"];
    expect(await through(style, honest)).toEqual(honest);
  });

  test("of endpoints, by host", async () => {
    const style = { endpoints: { hosts: ["api.example.com"], allow: ["/*"] } };
    const more = [
      "https://api.example.com:8443/",
      "https://api.example.com:80/",
      "http://api.example.com/",
      "http://api.example.com:443/",
      "wss://api.example.com/",
      "https://sub.api.example.com/",
      "https://example.com/",
    ];
    const hosts = [...SMUGGLED_HOSTS, ...more].filter(
      (url) => !url.startsWith("https://api.example.com/"),
    );
    expect(hosts.length).toBeGreaterThanOrEqual(60);
    expect(await through(style, hosts)).toEqual([]);
    const honest = ["https://api.example.com/", "https://API.example.com:443/a?b=c#d"];
    expect(await through(style, honest)).toEqual(honest);
  });

  test("of endpoints, by path", async () => {
    expect(SMUGGLED_ENDPOINTS.length).toBeGreaterThanOrEqual(60);
    expect(await through(API, SMUGGLED_ENDPOINTS)).toEqual([]);
    const honest = [
      "https://api.example.com/v1/x",
      "https://api.example.com/v1/x/y?z=1",
      "https://api.example.com/v1/administrators",
      "https://api.example.com/v1/%61",
    ];
    expect(await through(API, honest)).toEqual(honest);
  });

  test("of endpoints, in an argument that is only a path", async () => {
    const style = {
      endpoints: { base: "https://api.example.com", allow: ["/v1/*", "/users/*/orders"] },
    };
    const smuggled = [
      "",
      "v1/x",
      "//evil.example/v1/x",
      "///v1/x",
      "/\\evil.example/v1/x",
      "\\v1\\x",
      "/v1\\..\\x",
      "https://evil.example/v1/x",
      "https://api.example.com/v1/x",
      "@evil.example/v1/x",
      ":8443/v1/x",
      ".evil.example/v1/x",
      "/v1/../x",
      "/v1/%2e%2e/x",
      "/users/a/b/orders",
      "/users//orders",
      "/users/orders",
      "/users/a/orders/x",
      "/users/a/orders/",
      "/users/%2f/orders",
      "/users/../orders",
      "/users/a\n/orders",
      "/users/a/Orders",
      " /v1/x",
      "/v1/x\u0000",
      "javascript:/v1/x",
    ];
    expect(await through(style, smuggled)).toEqual([]);
    const honest = ["/v1/x", "/v1/x?y=/v2", "/users/a%20b/orders", "/users/7/orders#top"];
    expect(await through(style, honest)).toEqual(honest);
  });

  test("of commands", async () => {
    const smuggled = [
      ...SMUGGLED_SHELL,
      "",
      "# nothing",
      "> x",
      "A=1",
      "ls > x",
      "ls >> x",
      "ls 2> x",
    ];
    expect(await through(COMMANDS, smuggled)).toEqual([]);
    const writing = SHELL_SIDE_EFFECTS.filter(
      (text) => />/.test(text) && !/>\s*\/dev\/null/.test(text),
    );
    expect(writing.length).toBeGreaterThan(5);
    expect(await through(COMMANDS, writing)).toEqual([]);
    const honest = [...HONEST_SHELL, "ls 2>/dev/null", "cat a 2>&1 | wc -l"];
    expect(await through(COMMANDS, honest)).toEqual(honest);
    const code = { commands: { allow: ["python3"], interpreters: ["python3"] } };
    expect(await through({ commands: { allow: ["python3"] } }, ["python3 -c x"])).toEqual([]);
    expect(await through(code, ["python3 -c x", "xargs rm"])).toEqual(["python3 -c x"]);
    const writes = { commands: { allow: ["ls"], writes: true } };
    expect(await through(writes, ["ls > x", "> x", "ls; cat x"])).toEqual(["ls > x"]);
  });

  test("of paths", async () => {
    expect(await through({ roots: ["/workspace/data"] }, SMUGGLED_PATHS)).toEqual([]);
    const leaving = SMUGGLED_PATHS.filter((path) => /\.\.|^\/|\\|~|\0/.test(path));
    expect(leaving.length).toBeGreaterThan(40);
    expect(await through(PATHS, leaving)).toEqual([]);
    const absolute = HONEST_PATHS.filter((path) => path.startsWith("/"));
    expect(await through({ roots: ["/workspace/data"] }, absolute)).toEqual(absolute);
    expect(await through(PATHS, HONEST_PATHS)).toEqual(HONEST_PATHS);
    const windows = { roots: { within: ["C:\\projects"], flavour: "win32" } };
    expect(
      await through(windows, ["c:\\projects\\a", "C:\\projects2", "\\\\?\\C:\\projects\\a", "C:a"]),
    ).toEqual(["c:\\projects\\a"]);
  });
});

describe("a style refuses", () => {
  test("what is no text that it can read, and a call without the argument", async () => {
    for (const style of [SELECT_ONLY, PATHS, API, COMMANDS]) {
      const answer = await answering(style);
      expect(await answer({})).toMatchObject({ permitted: false, rule: "style:act:x" });
      expect(await answer({ x: "\u0000" })).toMatchObject({ permitted: false });
      const lenient = await answering({ ...style, optional: true });
      expect(await lenient({})).toEqual({ permitted: true });
      expect(await lenient({ x: "\u0000" })).toMatchObject({ permitted: false });
    }
  });

  test("each element of a list", async () => {
    const answer = await answering({ ...COMMANDS, argument: "list" });
    expect(await answer({ list: ["ls", "cat x"] })).toEqual({ permitted: true });
    expect(await answer({ list: [] })).toEqual({ permitted: true });
    for (const list of [["ls", "rm x"], ["rm x", "ls"], ["ls", "$X"], ["ls > x"]]) {
      expect(await answer({ list })).toMatchObject({ permitted: false, rule: "style:act:list" });
    }
    const tables = await answering({ ...SELECT_ONLY, argument: "args.list" });
    expect(await tables({ list: ["SELECT 1", "SELECT a FROM orders"] })).toEqual({
      permitted: true,
    });
    expect(await tables({ list: ["SELECT a FROM orders", "SELECT a FROM x"] })).toMatchObject({
      rule: "style:act:list:tables",
    });
  });

  test("what lies in something optional, as far as it is there", async () => {
    const answer = await answering({ ...PATHS, argument: "/deep/y", optional: true });
    expect(await answer({})).toEqual({ permitted: true });
    expect(await answer({ deep: { y: "a" } })).toEqual({ permitted: true });
    expect(await answer({ deep: { y: "../a" } })).toMatchObject({ permitted: false });
  });

  test("null, unless the argument is optional", async () => {
    const answer = await answering({ ...PATHS, argument: "maybe" });
    expect(await answer({ maybe: null })).toMatchObject({ permitted: false });
    const lenient = await answering({ ...PATHS, argument: "maybe", optional: true });
    expect(await lenient({ maybe: null })).toEqual({ permitted: true });
    expect(await lenient({ maybe: "../x" })).toMatchObject({ permitted: false });
  });

  test("in plain words that hold no value", async () => {
    const plain = await (await answering(API))({ x: "https://api.example.com/v1/admin/s3cret" });
    expect(plain).toEqual({
      permitted: false,
      code: "forbidden-by-rule",
      rule: "style:act:x:forbid",
      message: "This endpoint is refused here.",
    });
  });
});

test("lowers to one forbid for each list, with its place and its text", async () => {
  const document = await compile(
    {
      sql: { allow: ["select"], forbid: ["delete"], tables: ["a", "s.b"], functions: ["now"] },
      message: "Only reading.",
      hint: "Read.",
      mode: "shadow",
    },
    [
      { tool: "mcp:crm/run", argument: "/deep/y", roots: ["/a", "/b"] },
      { tool: "act", argument: "odd-name", commands: { allow: ["ls"] } },
    ],
  );
  const rules = document.rules.slice(1);
  expect(rules.map(({ id, effect, tools }) => [id, effect, tools])).toEqual([
    ["style:act:x", "forbid", ["act"]],
    ["style:act:x:forbid", "forbid", ["act"]],
    ["style:act:x:tables", "forbid", ["act"]],
    ["style:mcp:crm/run:deep.y", "forbid", ["mcp:crm/run"]],
    ["style:act:odd-name", "forbid", ["act"]],
  ]);
  expect(rules.slice(0, 3).map(({ message, hint, mode }) => [message, hint, mode])).toEqual(
    Array.from({ length: 3 }, () => ["Only reading.", "Read.", "shadow"]),
  );
  expect(rules[3]?.text).toBe(
    '!(path(args.deep.y).within("/a") || path(args.deep.y).within("/b"))',
  );
  expect(rules[4]?.text).toContain('shell(args["odd-name"])');
  expect(rules.every(({ at }) => /^policy\.yaml:1:\d+$/.test(at ?? ""))).toBe(true);
});

describe("refuses, with the place and what to write instead", () => {
  test.for<readonly [string, object, string, string]>([
    ["an unknown tool", { tool: "akt", ...COMMANDS }, "/styles/0/tool", "did you mean `act`"],
    ["a pattern for tools", { tool: "a*", ...COMMANDS }, "/styles/0/tool", "an entry for each"],
    ["an unknown argument", { argument: "xx", ...COMMANDS }, "/styles/0/argument", "did you mean"],
    [
      "a number",
      { argument: "n", ...COMMANDS },
      "/styles/0/argument",
      "a text, or a list of texts",
    ],
    [
      "an untyped argument",
      { argument: "any", ...COMMANDS },
      "/styles/0/argument",
      "declare the type",
    ],
    ["an object", { argument: "deep", ...COMMANDS }, "/styles/0/argument", "a text, or a list"],
    ["an element", { argument: "/list/0", ...COMMANDS }, "/styles/0/argument", "the whole list"],
    ["no style", {}, "/styles/0", "exactly one of `sql`"],
    ["two styles", { ...COMMANDS, ...PATHS }, "/styles/0", "exactly one of `sql`"],
    ["an unknown style", { sq: {} }, "/styles/0/sq", "did you mean `sql`"],
    ["an empty list", { sql: { allow: [] } }, "/styles/0/sql/allow", "at least one entry"],
    [
      "an unknown kind",
      { sql: { allow: ["selct"] } },
      "/styles/0/sql/allow/0",
      "did you mean `select`",
    ],
    [
      "a kind in both lists",
      { sql: { allow: ["select"], forbid: ["select"] } },
      "/styles/0/sql/forbid/0",
      "remove it",
    ],
    [
      "a quoted table",
      { sql: { allow: ["select"], tables: ['"a"'] } },
      "/styles/0/sql/tables/0",
      "`schema.name`",
    ],
    [
      "a pattern of tables",
      { sql: { allow: ["select"], tables: ["a.b.c"] } },
      "/styles/0/sql/tables/0",
      "`schema.name`",
    ],
    [
      "neither host nor base",
      { endpoints: { allow: ["/x"] } },
      "/styles/0/endpoints",
      "Write `hosts`",
    ],
    [
      "host and base",
      { endpoints: { hosts: ["a.b"], base: "https://a.b", allow: ["/x"] } },
      "/styles/0/endpoints",
      "Write `hosts`",
    ],
    [
      "a base with a path",
      { endpoints: { base: "https://a.b/c", allow: ["/x"] } },
      "/styles/0/endpoints/base",
      "an origin without a path",
    ],
    [
      "a base that is none",
      { endpoints: { base: "a.b", allow: ["/x"] } },
      "/styles/0/endpoints/base",
      "an origin without a path",
    ],
    [
      "a base with schemes",
      { endpoints: { base: "https://a.b", schemes: ["http"], allow: ["/x"] } },
      "/styles/0/endpoints/schemes",
      "remove `schemes`",
    ],
    [
      "a host in capitals",
      { endpoints: { hosts: ["API.example.com"], allow: ["/x"] } },
      "/styles/0/endpoints/hosts/0",
      "read as `api.example.com`",
    ],
    [
      "a URL as a host",
      { endpoints: { hosts: ["https://a.b/"], allow: ["/x"] } },
      "/styles/0/endpoints/hosts/0",
      "alone",
    ],
    [
      "a user in a host",
      { endpoints: { hosts: ["a@b.c"], allow: ["/x"] } },
      "/styles/0/endpoints/hosts/0",
      "alone",
    ],
    [
      "a pattern of hosts",
      { endpoints: { hosts: ["*.example.com"], allow: ["/x"] } },
      "/styles/0/endpoints/hosts/0",
      "hostWithin",
    ],
    [
      "an odd address",
      { endpoints: { hosts: ["0x7f.1"], allow: ["/x"] } },
      "/styles/0/endpoints/hosts/0",
      "no host",
    ],
    [
      "the usual port",
      { endpoints: { hosts: ["a.b:0443"], allow: ["/x"] } },
      "/styles/0/endpoints/hosts/0",
      "write it so",
    ],
    [
      "a relative path",
      { endpoints: { hosts: ["a.b"], allow: ["x"] } },
      "/styles/0/endpoints/allow/0",
      "begins with `/`",
    ],
    [
      "a part of a name",
      { endpoints: { hosts: ["a.b"], allow: ["/x*"] } },
      "/styles/0/endpoints/allow/0",
      "a whole segment",
    ],
    [
      "two stars",
      { endpoints: { hosts: ["a.b"], allow: ["/x/**"] } },
      "/styles/0/endpoints/allow/0",
      "a whole segment",
    ],
    [
      "a path with dots",
      { endpoints: { hosts: ["a.b"], allow: ["/x/../y"] } },
      "/styles/0/endpoints/allow/0",
      "read as `/y`",
    ],
    [
      "an escaped letter",
      { endpoints: { hosts: ["a.b"], allow: ["/%61"] } },
      "/styles/0/endpoints/allow/0",
      "read as `/a`",
    ],
    [
      "an empty segment",
      { endpoints: { hosts: ["a.b"], allow: ["/x//y"] } },
      "/styles/0/endpoints/allow/0",
      "No URL has this path",
    ],
    [
      "a query",
      { endpoints: { hosts: ["a.b"], allow: ["/x?y"] } },
      "/styles/0/endpoints/allow/0",
      "no query",
    ],
    [
      "a forbidden query",
      { endpoints: { hosts: ["a.b"], allow: ["/x"], forbid: ["/x?y"] } },
      "/styles/0/endpoints/forbid/0",
      "no query",
    ],
    [
      "a command with arguments",
      { commands: { allow: ["git status"] } },
      "/styles/0/commands/allow/0",
      "without arguments",
    ],
    [
      "a pattern of commands",
      { commands: { allow: ["git*"] } },
      "/styles/0/commands/allow/0",
      "a name or path",
    ],
    [
      "an interpreter that is not listed",
      { commands: { allow: ["ls"], interpreters: ["xargs"] } },
      "/styles/0/commands/interpreters/0",
      "list it there",
    ],
    ["a relative folder", { roots: ["work"] }, "/styles/0/roots/0", "an absolute path"],
    [
      "a folder with dots",
      { roots: { within: ["/a/../b"] } },
      "/styles/0/roots/within/0",
      "an absolute path",
    ],
    [
      "a base with dots",
      { roots: { within: ["/a"], base: "/a/.." } },
      "/styles/0/roots/base",
      "an absolute path",
    ],
    ["a folder of Windows", { roots: ["C:\\a"] }, "/styles/0/roots/0", "an absolute path"],
    ["a folder twice", { roots: ["/a", "/a"] }, "/styles/0/roots/1", "listed twice"],
  ])("%s", async ([, style, path, message]) => {
    const issues = await issuesOf(style);
    expect(issues.map((issue) => issue.message).join("\n")).toContain(message);
    expect(issues.map((issue) => issue.path)).toContain(path);
    expect(
      issues.every(
        ({ file, line, column }) => file === "policy.yaml" && line === 1 && (column ?? 0) > 1,
      ),
    ).toBe(true);
  });

  test("every problem of every style at once", async () => {
    const issues = await issuesOf({ commands: { allow: ["a b", "c*"] } }, [
      { tool: "act", argument: "list", roots: ["x", "y"] },
      { tool: "akt", argument: "list", roots: ["/x"] },
    ]);
    expect(issues).toHaveLength(5);
  });

  test("lists that make too long a condition", async () => {
    const hosts = Array.from({ length: 256 }, (_, index) => `h${index}-${"a".repeat(30)}.example`);
    const issues = await issuesOf({ endpoints: { hosts, allow: ["/*"] } });
    expect(issues.map(({ path, message }) => [path, message])).toEqual([
      ["/styles/0", expect.stringContaining("fewer or shorter entries")],
    ]);
  });

  test("a second style of the same argument", async () => {
    const [issue] = await issuesOf(COMMANDS, [{ tool: "act", argument: "/x", ...PATHS }]);
    expect(issue).toMatchObject({ path: "/styles/1/argument" });
    expect(issue?.message).toMatch(/has a style already, at policy\.yaml:1:\d+/);
  });

  test("a rule with an id of styles", async () => {
    const text = policyText(COMMANDS).replace('"id":"all"', '"id":"style:all"');
    const result = await validate(text);
    expect(result.ok ? [] : result.issues.map(({ message }) => message)).toEqual([
      "Ids that begin with `style:` are those of `styles:`; choose another one.",
    ]);
  });

  test("a style whose typed function was not given", async () => {
    const result = await validatePolicyYaml({ file: "policy.yaml", text: policyText(COMMANDS) });
    expect(result.ok ? [] : result.issues.map(({ path, message }) => [path, message])).toEqual([
      ["/styles/0/commands", expect.stringContaining("needs the typed function `shell`")],
    ]);
  });
});
