import { readFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  AUDIENCE,
  createWorld,
  ISSUER,
  KEYS,
  set,
  sha256,
  thumbprint,
  TOOL,
} from "../../token/test/support/forge.ts";
import { linesOf, runCli } from "./support/fake-io.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const DATA = join(
  process.env["PORTCULLIS_DATA"] ?? join(import.meta.dirname, "../../../../shared/data"),
  "jose-cookbook",
);

const ARGS = { order: "A1", amount: 20 };

async function setUp() {
  const folder = await temporaryFolder();
  const world = await createWorld();
  const kid = await thumbprint(KEYS.issuer);
  const jwk = { ...KEYS.issuer.publicJwk, alg: "Ed25519", use: "sig", kid };
  writeFileSync(join(folder, "jwks.json"), JSON.stringify({ keys: [{ kty: "RSA" }, jwk] }));
  const verify = async (lines: readonly unknown[], ...flags: readonly string[]) => {
    const argv = ["token", "verify", "--jwks", "jwks.json", "--audience", AUDIENCE];
    const now = flags.includes("--now") ? [] : ["--now", String(world.now)];
    const stdin = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    const printed = await runCli([...argv, ...now, "--format", "jsonl", ...flags], {
      stdin,
      cwd: folder,
    });
    return { ...printed, answers: linesOf(printed.stdout) };
  };
  return { folder, world, verify };
}

const bindGrant = (claims: Record<string, unknown>) => ({
  ...claims,
  policy: { name: "payments", min_serial: 41 },
  request_s256: sha256('["refund A1"]'),
});

describe("token verify", () => {
  test("answers every line in order, and uses nothing up", async () => {
    const { world, verify } = await setUp();
    const token = await world.chain();
    const line = { id: "1", token, tool: TOOL, args: ARGS };
    const { answers, code } = await verify([
      line,
      { ...line, id: 2, token: token.split("~") },
      { ...line, id: 3, args: { ...ARGS, amount: 21 } },
      { ...line, id: 4, tool: "payments.payout" },
      { ...line, id: 5, token: `${token}x` },
      { ...line, id: 6, extra: true },
      { ...line, id: 7, args: undefined },
    ]);
    const principal = {
      agent: "agent:refunder",
      user: "user:alice",
      chain: ["agent:refunder", "agent:planner"],
      session: "01a1f840-41cc-7e95-a9e7-59538bb39de0",
    };
    const invalid = { valid: false, code: "token-invalid", principal: null };
    expect(answers).toEqual([
      { id: "1", valid: true, code: null, principal },
      { id: 2, valid: true, code: null, principal },
      { id: 3, ...invalid },
      { id: 4, ...invalid },
      { id: 5, ...invalid },
      { line: 6, error: expect.objectContaining({ code: "unknown-key" }) },
      { id: 7, ...invalid },
    ]);
    expect(code).toBe(0);
  });

  test.for<readonly [string, readonly string[], string]>([
    ["later", ["--now", "4000000000"], "token-expired"],
    ["of another issuer", ["--issuer", "https://other.example"], "token-invalid"],
  ])("%s", async ([, flags, expected]) => {
    const { world, verify } = await setUp();
    const line = { id: 1, token: await world.chain(), tool: TOOL, args: ARGS };
    expect((await verify([line], ...flags)).answers).toMatchObject([{ code: expected }]);
    expect((await verify([line], "--issuer", ISSUER)).answers).toMatchObject([{ valid: true }]);
  });

  test("a grant that wants its bundle and the user's words", async () => {
    const { world, verify } = await setUp();
    const token = await world.chain({ payloads: { grant: bindGrant } });
    const line = { id: 1, token, tool: TOOL, args: ARGS, prompt: "refund A1" };
    const lines = [line, { ...line, prompt: "refund A2" }, { ...line, prompt: null }];
    const { answers } = await verify(lines, "--bundle", "payments:41");
    expect(answers.map(({ valid }) => valid)).toEqual([true, false, false]);
    expect((await verify([line], "--bundle", "payments:40")).answers).toMatchObject([
      { valid: false },
    ]);
    expect((await verify([line])).answers).toMatchObject([{ valid: false }]);
  });

  test("a denial code for each kind of refusal", async () => {
    const { world, verify } = await setUp();
    const chains = [
      ["token-audience", { call: set("aud", "urn:other") }],
      ["delegation-too-deep", { delegation: set("del_depth", 2) }],
      ["delegation-widened", { delegation: set("aud", [AUDIENCE, "urn:more"]) }],
      ["not-delegated", { delegation: set("delegate_only", [TOOL]) }],
    ] as const;
    for (const [code, payloads] of chains) {
      const line = { id: 1, token: await world.chain({ payloads }), tool: TOOL, args: ARGS };
      expect((await verify([line])).answers).toMatchObject([{ valid: false, code }]);
    }
  });

  test.for<readonly [string, readonly string[]]>([
    ["no key file", ["--audience", "a", "--format", "jsonl"]],
    ["no audience", ["--jwks", "jwks.json", "--format", "jsonl"]],
    ["a key file that is not there", ["--jwks", "x.json", "--audience", "a", "--format", "jsonl"]],
    ["standard input twice", ["--jwks", "-", "--audience", "a", "--format", "jsonl"]],
    [
      "a time that is none",
      ["--jwks", "jwks.json", "--audience", "a", "--now", "x", "--format", "jsonl"],
    ],
    [
      "a bundle that is none",
      ["--jwks", "jwks.json", "--audience", "a", "--bundle", "x", "--format", "jsonl"],
    ],
    ["no format", ["--jwks", "jwks.json", "--audience", "a"]],
    ["no key document", ["--jwks", "none.json", "--audience", "a", "--format", "jsonl"]],
  ])("is used wrongly: %s", async ([, flags]) => {
    const { folder } = await setUp();
    writeFileSync(join(folder, "none.json"), "[]");
    expect(await runCli(["token", "verify", ...flags], { cwd: folder })).toMatchObject({
      code: 2,
      stdout: "",
    });
  });
});

describe("token jws-verify", () => {
  const isThere = existsSync(DATA);
  test("the cookbook is there", ({ skip }) => {
    if (!isThere && process.env["CI"] !== "true") skip("PORTCULLIS_DATA names no jose-cookbook");
    expect(isThere).toBe(true);
  });

  test.runIf(isThere).for([
    ["curve25519/jws.json", true, null],
    ["jws/4_1.rsa_v15_signature.json", true, null],
    ["jws/4_2.rsa-pss_signature.json", true, null],
    ["jws/4_3.ecdsa_signature.json", true, null],
    ["jws/4_4.hmac-sha2_integrity_protection.json", false, "algorithm-unsupported"],
    ["jws/4_5.signature_with_detached_content.json", false, "algorithm-unsupported"],
  ] as const)("%s", async ([file, valid, code]) => {
    const { input, output } = JSON.parse(readFileSync(join(DATA, file), "utf8"));
    const good = { id: "good", jws: output.compact, jwk: input.key };
    const [header, payload, signature] = output.compact.split(".");
    const lines = [
      good,
      { ...good, jws: output.json_flat },
      ...[
        `${header}.${payload}`,
        `${header}.${payload}.`,
        `${header}.${payload}.${signature}=`,
        ` ${output.compact}`,
        `${output.compact}\n`,
        `${header}.${payload}x.${signature}`,
        `${header}.${signature}.${payload}`,
        `${header}.${payload}.${signature.slice(0, -4)}`,
        `${header}.${payload}.${"A".repeat(signature.length)}`,
        "",
        1,
        null,
      ].map((jws) => ({ ...good, jws })),
      ...[
        {},
        [],
        null,
        "key",
        { ...input.key, use: "enc" },
        { ...input.key, alg: "none" },
        { ...input.key, key_ops: ["encrypt"] },
      ].map((jwk) => ({ ...good, jwk })),
    ];
    const stdin = lines.map((line) => JSON.stringify(line)).join("\n");
    const printed = await runCli(["token", "jws-verify", "--format", "jsonl"], { stdin });
    const [first, flat, ...rest] = linesOf(printed.stdout);
    expect([printed.code, first]).toEqual([0, { id: "good", valid, code }]);
    expect(flat).toMatchObject({ valid: false, code: expect.stringContaining("unsupported") });
    expect(rest.filter((answer) => answer["valid"] !== false)).toEqual([]);
  });

  test.for<readonly [string, string]>([
    ['{"alg":"none"}', "algorithm-unsupported"],
    ['{"alg":"HS256"}', "algorithm-unsupported"],
    ['{"alg":"ES256K"}', "algorithm-unsupported"],
    ['{"alg":"constructor"}', "algorithm-unsupported"],
    ['{"alg":1}', "header-invalid"],
    ['{"alg":"none","alg":"Ed25519"}', "header-invalid"],
    ['{"alg":"Ed25519","crit":["x"],"x":1}', "critical-header-unsupported"],
    ['{"alg":"Ed25519","b64":false}', "critical-header-unsupported"],
    ['{"alg":"ES256"}', "key-mismatch"],
    ['{"alg":"RS256"}', "key-mismatch"],
    ['{"alg":"Ed25519"}', "signature-invalid"],
    ["[]", "header-invalid"],
    ["{", "header-invalid"],
  ])("the header %s", async ([header, code]) => {
    const jws = `${Buffer.from(header).toString("base64url")}.e30.${"A".repeat(86)}`;
    const line = JSON.stringify({ id: 1, jws, jwk: KEYS.issuer.publicJwk });
    const { stdout } = await runCli(["token", "jws-verify", "--format", "jsonl"], { stdin: line });
    expect(linesOf(stdout)).toEqual([{ id: 1, valid: false, code }]);
  });

  test("a key that signs everything", async () => {
    const zeros = Buffer.alloc(32);
    const signature = Buffer.concat([Buffer.from([1]), Buffer.alloc(63)]).toString("base64url");
    const header = Buffer.from('{"alg":"Ed25519"}').toString("base64url");
    const jwk = { kty: "OKP", crv: "Ed25519", x: zeros.toString("base64url") };
    const stdin = JSON.stringify({ id: 1, jws: `${header}.e30.${signature}`, jwk });
    const { stdout } = await runCli(["token", "jws-verify", "--format", "jsonl"], { stdin });
    expect(linesOf(stdout)).toEqual([{ id: 1, valid: false, code: "key-invalid" }]);
  });
});

describe("key, issue, delegate, inspect", () => {
  test("make a chain that verifies", async () => {
    const folder = await temporaryFolder();
    const key = async (name: string) => {
      const { stdout } = await runCli(["token", "key", "--out", `${name}.jwk`], { cwd: folder });
      return JSON.parse(stdout) as Record<string, string>;
    };
    const [issuer, planner, refunder] = [
      await key("issuer"),
      await key("planner"),
      await key("refunder"),
    ];
    writeFileSync(join(folder, "jwks.json"), JSON.stringify({ keys: [issuer] }));
    const grant = {
      subject: "user:alice",
      agent: "agent:planner",
      publicJwk: planner,
      audience: [AUDIENCE],
      tools: { [TOOL]: {} },
    };
    const issued = await runCli(
      ["token", "issue", "--key", "issuer.jwk", "--issuer", ISSUER, "--grant", "-"],
      { cwd: folder, stdin: JSON.stringify(grant) },
    );
    expect(issued).toMatchObject({ code: 0, stderr: "" });
    const to = { agent: "agent:refunder", publicJwk: refunder, tools: { [TOOL]: {} } };
    writeFileSync(join(folder, "to.json"), JSON.stringify(to));
    const delegate = [
      "token",
      "delegate",
      "--key",
      "planner.jwk",
      "--chain",
      "-",
      "--to",
      "to.json",
    ];
    const delegated = await runCli(delegate, { cwd: folder, stdin: issued.stdout });
    expect(delegated.stdout.split("~")).toHaveLength(2);
    const shown = await runCli(["token", "inspect", "--chain", "-", "--json"], {
      cwd: folder,
      stdin: delegated.stdout,
    });
    expect(shown.stderr).toBe("Not verified.\n");
    expect(JSON.parse(shown.stdout)).toMatchObject([
      { header: { typ: "task-grant+jwt" } },
      { claims: { act: { sub: "agent:refunder" } } },
    ]);
    expect(
      await runCli(["token", "inspect", "--chain", "-"], { stdin: delegated.stdout }),
    ).toMatchObject({ code: 0 });

    const wider = { ...to, tools: { "other.tool": {} } };
    writeFileSync(join(folder, "to.json"), JSON.stringify(wider));
    const refused = await runCli(delegate, { cwd: folder, stdin: issued.stdout });
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain("tool-added");
    const again = await runCli(["token", "key", "--out", "issuer.jwk"], { cwd: folder });
    expect(again).toMatchObject({ code: 2, stdout: "" });
  });

  test.for<readonly [string, readonly string[]]>([
    ["no verb", []],
    ["an unknown verb", ["verfy"]],
    ["issue without a key", ["issue", "--issuer", "x", "--grant", "-"]],
    ["issue without a grant", ["issue"]],
    ["delegate without a chain", ["delegate"]],
    ["inspect without a chain", ["inspect"]],
    ["inspect of no chain", ["inspect", "--chain", "-"]],
    ["a key without a file", ["key"]],
    ["jws-verify without a format", ["jws-verify"]],
  ])("%s", async ([, argv]) => {
    expect(await runCli(["token", ...argv])).toMatchObject({ code: 2, stdout: "" });
  });

  test("help says all", async () => {
    const { stdout, code } = await runCli(["token", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("token jws-verify");
  });
});

describe("eval with tokens", () => {
  test("takes the token's task, agents and ceiling; one use each", async () => {
    const { folder, world } = await setUp();
    writeFileSync(
      join(folder, "policy.yaml"),
      `portcullis: 1
name: refunds
tools:
  payments.refund:
    class: pay
    input: { type: object, properties: { order: { type: string }, amount: { type: number } }, required: [order, amount] }
rules:
  - { id: refunds, effect: permit, tools: [payments.refund] }
`,
    );
    const token = await world.chain();
    const line = { id: 1, token, tool: TOOL, args: ARGS };
    const stdin = [
      line,
      { ...line, id: 2 },
      { ...line, id: 3, session: "other" },
      { ...line, id: 4, principal: { agent: "x" } },
    ]
      .map((each) => JSON.stringify(each))
      .join("\n");
    const argv = ["eval", "--policy", "policy.yaml", "--format", "jsonl"];
    const now = new Date(world.now * 1000).toISOString();
    const flags = ["--jwks", "jwks.json", "--audience", AUDIENCE, "--now", now];
    const { stdout } = await runCli([...argv, ...flags], { stdin, cwd: folder });
    expect(linesOf(stdout)).toMatchObject([
      { id: 1, outcome: "permit" },
      { id: 2, outcome: "deny", code: "token-replayed" },
      { id: 3, outcome: "deny", code: "session-mismatch" },
      { line: 4, error: { code: "invalid-member" } },
    ]);
    const without = await runCli(argv, { stdin: JSON.stringify(line), cwd: folder });
    expect(linesOf(without.stdout)).toMatchObject([{ error: { code: "token-unavailable" } }]);
    const half = await runCli([...argv, "--jwks", "jwks.json"], { stdin, cwd: folder });
    expect(half).toMatchObject({ code: 2 });
  });
});
