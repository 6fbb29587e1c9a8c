import { cp, mkdir, mkdtemp, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { runCli } from "./support/fake-io.ts";
import type { Printed } from "./support/fake-io.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const POLICY = `
portcullis: 1
name: payments
identity: host
tools:
  payments.read: { class: read, input: { type: object } }
  payments.pay:
    class: pay
    input: { type: object, properties: { amount: { type: number } }, required: [amount] }
rules:
  - { id: read, effect: permit, agents: [bot], tools: [payments.read] }
`;
const PAY_RULE = `  - { id: pay, effect: permit, agents: [bot], tools: [payments.pay], when: args.amount <= 100.0 }
`;
const TESTS = `
portcullis: 1
defaults: { principal: { agent: bot } }
tests:
  - { name: the bot reads, call: { tool: payments.read }, expect: { outcome: permit } }
  - name: after a read
    given: [{ call: { tool: payments.read } }]
    call: { tool: payments.read }
    expect: { outcome: permit }
`;

/** A folder with keys, a signed root and a policy. */
interface Place {
  readonly cwd: string;
  readonly run: (...argv: readonly string[]) => Promise<Printed>;
}

let made: string;

beforeAll(async () => {
  // Key files cost half a second each: one set serves all tests.
  made = await mkdtemp(join(tmpdir(), "portcullis-keys-"));
  const { run } = placeAt(made);
  await writeFile(join(made, "passphrase"), "correct horse battery\n", { mode: 0o600 });
  for (const name of ["r1", "p1", "p2", "h1"]) {
    const printed = await run(
      "keys",
      "generate",
      "--out",
      `${name}.jwe`,
      "--public",
      `${name}.json`,
    );
    if (printed.code !== 0) throw new Error(printed.stderr);
  }
  await run(
    ..."keys root --name payments --root r1.json --policy p1.json p2.json --policy-threshold 2".split(
      " ",
    ),
    ..."--head h1.json --out root.1.json".split(" "),
  );
  await run("sign", "root.1.json", "--key", "r1.jwe", "--yes");
  await mkdir(join(made, "policy"));
  await writeFile(join(made, "policy/policy.yaml"), POLICY);
  await writeFile(join(made, "policy/policy_test.yaml"), TESTS);
});

function placeAt(cwd: string): Place {
  const env = { PORTCULLIS_KEY_PASSPHRASE_FILE: "passphrase" };
  return { cwd, run: (...argv) => runCli(argv, { cwd, env }) };
}

async function place(): Promise<Place> {
  const cwd = await temporaryFolder();
  await cp(made, cwd, { recursive: true });
  return placeAt(cwd);
}

async function signed({ run }: Place, serial: number): Promise<string> {
  const file = `payments.${serial}.json`;
  const built = await run(
    ...`build policy --name payments --serial ${serial} --namespace payments --out ${file}`.split(
      " ",
    ),
  );
  expect(built.stderr).toContain("decision tests");
  for (const key of ["p1.jwe", "p2.jwe"]) {
    const printed = await run("sign", file, "--key", key, "--yes");
    expect(printed.code).toBe(0);
  }
  return file;
}

const publish = (file: string | undefined, ...more: readonly string[]): readonly string[] => [
  "publish",
  ...(file === undefined ? [] : [file]),
  ..."--to dir:public --root root.1.json --head-key h1.jwe".split(" "),
  ...more,
];

/** A bundle whose manifest lists other files, as a builder that was broken into writes it. */
async function forge(
  cwd: string,
  bend: (files: Record<string, string>) => Record<string, string>,
): Promise<void> {
  const { createHash } = await import("node:crypto");
  const { run } = placeAt(cwd);
  await run("build", "policy", "--name", "payments", "--serial", "8", "--out", "honest.json");
  const envelope = JSON.parse(await readFile(join(cwd, "honest.json"), "utf8"));
  const payload = JSON.parse(Buffer.from(envelope.payload, "base64url").toString());
  const files = bend(envelope.files);
  payload.files = Object.keys(files)
    .toSorted()
    .map((path) => ({
      digest: `sha256:${createHash("sha256")
        .update(files[path] ?? "")
        .digest("hex")}`,
      path,
      size: Buffer.byteLength(files[path] ?? ""),
    }));
  const text = Buffer.from(JSON.stringify(payload)).toString("base64url");
  await writeFile(
    join(cwd, "forged.json"),
    JSON.stringify({ payload: text, signatures: [], files }),
  );
}

describe("keys", () => {
  test("a key is encrypted, readable by nobody else, and known by its thumbprint", async () => {
    const { cwd, run } = await place();
    expect((await stat(join(cwd, "p1.jwe"))).mode & 0o777).toBe(0o600);
    const text = await readFile(join(cwd, "p1.jwe"), "utf8");
    const header = JSON.parse(Buffer.from(text.split(".")[0] ?? "", "base64url").toString());
    expect(header).toMatchObject({ alg: "PBES2-HS512+A256KW", enc: "A256GCM", p2c: 600_000 });
    const shown = [await run("keys", "show", "p1.json"), await run("keys", "show", "p1.jwe")];
    expect(shown[0]?.stdout).toMatch(/^[\w-]{43}\n$/);
    expect(shown[1]?.stdout).toBe(shown[0]?.stdout);
  });

  test.for([
    [
      "an algorithm that is none",
      ["keys", "generate", "--algorithm", "RS256", "--out", "x", "--public", "y"],
    ],
    ["no place for the key", ["keys", "generate"]],
    ["an action that is none", ["keys", "make"]],
    [
      "a key that is there already",
      ["keys", "generate", "--out", "p1.jwe", "--public", "new.json"],
    ],
    [
      "a threshold that cannot be met",
      "keys root --name payments --root r1.json --threshold 2 --policy p1.json --head h1.json --out x.json".split(
        " ",
      ),
    ],
  ] as const)("%s is refused", async ([, argv]) => {
    const { run } = await place();
    expect((await run(...argv)).code).toBeGreaterThan(0);
  });

  test("a passphrase that others can read, is too short or is not there", async () => {
    const { cwd } = await place();
    const argv = ["keys", "generate", "--out", "x.jwe", "--public", "x.json"];
    await writeFile(join(cwd, "open"), "correct horse battery", { mode: 0o644 });
    await writeFile(join(cwd, "short"), "secret", { mode: 0o600 });
    for (const file of ["open", "short", "nowhere"]) {
      const env = { PORTCULLIS_KEY_PASSPHRASE_FILE: file };
      const printed = await runCli(argv, { cwd, env });
      expect(printed.code).toBe(2);
      expect(printed.stderr).not.toContain("secret");
    }
    expect((await runCli(argv, { cwd })).stderr).toContain("PORTCULLIS_KEY_PASSPHRASE_FILE");
  });

  test("a wrong passphrase opens nothing", async () => {
    const { cwd } = await place();
    await writeFile(join(cwd, "wrong"), "incorrect horse", { mode: 0o600 });
    const env = { PORTCULLIS_KEY_PASSPHRASE_FILE: "wrong" };
    const printed = await runCli(["sign", "root.1.json", "--key", "r1.jwe", "--yes"], { cwd, env });
    expect(printed).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("build and sign", () => {
  test("the same input gives the same bytes, in one file and as a folder", async () => {
    const { cwd, run } = await place();
    const argv = "build policy --name payments --serial 7 --not-before 2026-11-20T10:00:00Z".split(
      " ",
    );
    const one = await run(...argv, "--out", "one.json");
    const two = await run(...argv, "--out", "two.json");
    const folder = await run(...argv, "--out", "folder/");
    expect(one.stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    expect([two.stdout, folder.stdout]).toEqual([one.stdout, one.stdout]);
    expect(await readFile(join(cwd, "one.json"))).toEqual(await readFile(join(cwd, "two.json")));
    expect(await readdir(join(cwd, "folder"))).toEqual([
      "manifest.json",
      "policies",
      "source",
      "tests",
      "tools",
    ]);
    const shown = await run("inspect", "folder", "--json");
    expect(JSON.parse(shown.stdout).digest).toBe(one.stdout.trim());
    expect(one.stderr).toContain("1 need earlier calls");
  });

  test("a test that fails stops the build", async () => {
    const { cwd, run } = await place();
    await writeFile(
      join(cwd, "policy/policy_test.yaml"),
      TESTS.replace("outcome: permit", "outcome: deny"),
    );
    const printed = await run(
      "build",
      "policy",
      "--name",
      "payments",
      "--serial",
      "1",
      "--out",
      "x.json",
    );
    expect(printed.code).toBe(2);
    expect(printed.stderr).toContain("the bot reads");
  });

  test("AST ≠ source: a signer is shown no YAML that does not compile to the rules", async () => {
    const place1 = await place();
    const { cwd, run } = place1;
    await run("build", "policy", "--name", "payments", "--serial", "7", "--out", "f/");
    const manifest = join(cwd, "f/source/policy.yaml");
    await writeFile(manifest, POLICY + PAY_RULE);
    expect((await run("sign", "f", "--key", "p1.jwe", "--yes", "--out", "x.json")).stderr).toMatch(
      /file-(size|digest)/,
    );
    await forge(cwd, (files) => ({ ...files, "source/policy.yaml": POLICY + PAY_RULE }));
    const printed = await run("sign", "forged.json", "--key", "p1.jwe", "--yes");
    expect(printed).toMatchObject({ code: 1, stdout: "" });
    expect(printed.stderr).toContain("its rules are not what its source compiles to");
  });

  test("another compiler's rules are signed with that compiler alone", async () => {
    const { cwd, run } = await place();
    await run("build", "policy", "--name", "payments", "--serial", "7", "--out", "x.json");
    const envelope = JSON.parse(await readFile(join(cwd, "x.json"), "utf8"));
    const payload = Buffer.from(envelope.payload, "base64url").toString();
    const other = payload.replace(/"compiler":"[^"]*"/, '"compiler":"@portcullis/policy@9.9.9"');
    envelope.payload = Buffer.from(other).toString("base64url");
    await writeFile(join(cwd, "x.json"), JSON.stringify(envelope));
    const printed = await run("sign", "x.json", "--key", "p1.jwe", "--yes");
    expect(printed.code).toBe(1);
    expect(printed.stderr).toContain("9.9.9");
  });

  test("the difference to the published bundle is shown, and what widens is said", async () => {
    const at = await place();
    const before = await signed(at, 1);
    await writeFile(join(at.cwd, "policy/policy.yaml"), POLICY + PAY_RULE);
    await at.run("build", "policy", "--name", "payments", "--serial", "2", "--out", "b.json");
    const printed = await at.run("sign", "b.json", "--key", "p1.jwe", "--against", before, "--yes");
    expect(printed.stderr).toContain("wider     rule pay (permit) is added");
    await writeFile(
      join(at.cwd, "policy/policy.yaml"),
      POLICY.replace("identity:", "mode: shadow\nidentity:"),
    );
    await at.run("build", "policy", "--name", "payments", "--serial", "3", "--out", "c.json");
    const shadow = await at.run("inspect", "c.json", "--diff", before);
    expect(shadow.stdout).toContain("wider     the policy goes from enforce to shadow");
  });

  test("without a terminal and without --yes nothing is signed", async () => {
    const { run } = await place();
    expect(await run("sign", "root.1.json", "--key", "r1.jwe")).toMatchObject({
      code: 2,
      stdout: "",
    });
  });

  test("a second process signs, as a key service would", async () => {
    const at = await place();
    const { run, cwd } = at;
    const { generateKeyPairSync } = await import("node:crypto");
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const { crv, kty, x } = publicKey.export({ format: "jwk" });
    await writeFile(join(cwd, "kms.json"), JSON.stringify({ crv, kty, x }));
    await writeFile(join(cwd, "kms.pem"), privateKey.export({ format: "pem", type: "pkcs8" }));
    await writeFile(
      join(cwd, "kms.mjs"),
      `import { sign, createPrivateKey } from "node:crypto";
       import { readFileSync } from "node:fs";
       process.stdout.write(sign(null, readFileSync(0), createPrivateKey(readFileSync("kms.pem"))).toString("base64url"));`,
    );
    await run(
      ..."keys root --name payments --root kms.json --policy kms.json --head kms.json --out kms-root.json".split(
        " ",
      ),
    );
    const signer = [
      "--signer",
      `exec:${process.execPath} kms.mjs`,
      "--public",
      "kms.json",
      "--yes",
    ];
    expect((await run("sign", "kms-root.json", ...signer)).code).toBe(0);
    expect((await run("verify", "kms-root.json", "--as-initial")).stdout).toContain(
      "VERIFIED root",
    );
    const failing = [
      "--signer",
      `exec:${process.execPath} nowhere.mjs`,
      "--public",
      "kms.json",
      "--yes",
    ];
    expect((await run("sign", "root.1.json", ...failing)).code).toBe(2);
  });
});

describe("verify, publish and serve", () => {
  test("a bundle below its threshold is refused, by verify and by publish", async () => {
    const { run, cwd } = await place();
    await run("build", "policy", "--name", "payments", "--serial", "1", "--out", "b.json");
    await run("sign", "b.json", "--key", "p1.jwe", "--yes");
    const verified = await run("verify", "b.json", "--root", "root.1.json");
    expect(verified).toMatchObject({ code: 1, stdout: "" });
    expect(verified.stderr).toMatch(/bundle is refused \(threshold\).*policy/);
    const published = await run(...publish("b.json"));
    expect(published.code).toBe(1);
    expect(await readdir(join(cwd, "public/payments")).catch(() => [])).toEqual([]);
  });

  test("what was signed is verified, recompiled and published, one head after the other", async () => {
    const at = await place();
    const first = await signed(at, 1);
    const verified = await at.run("verify", first, "--root", "root.1.json", "--recompile");
    expect(verified.stdout).toMatch(/^VERIFIED bundle sha256:/);
    const one = await at.run(...publish(first, "--json"));
    expect(JSON.parse(one.stdout)).toMatchObject({ head_version: 1, root_version: 1 });
    expect((await at.run(...publish(await signed(at, 2)))).code).toBe(0);
    expect((await at.run(...publish(first))).stderr).toContain("bundle-rollback");
    expect(
      (await at.run(...publish(undefined, "--name", "payments", "--min-serial", "2"))).code,
    ).toBe(0);
    expect((await at.run(...publish(await signed(at, 3), "--min-serial", "1"))).stderr).toContain(
      "head-rollback",
    );
    expect(
      (await at.run(...publish(undefined, "--name", "payments", "--lifetime", "25h"))).stderr,
    ).toContain("head-lifetime");
    const head = await at.run(
      "verify",
      "public/payments/head/production.json",
      "--root",
      "root.1.json",
    );
    expect(head.stdout).toContain("VERIFIED head");
  });

  test("a canary needs a main bundle, a salt, and a share", async () => {
    const at = await place();
    const file = await signed(at, 1);
    expect((await at.run(...publish(file, "--canary", "10%", "--salt", "a"))).stderr).toContain(
      "no-target",
    );
    await at.run(...publish(file));
    const next = await signed(at, 2);
    expect((await at.run(...publish(next, "--canary", "10%"))).code).toBe(2);
    expect((await at.run(...publish(next, "--canary", "ten", "--salt", "a"))).code).toBe(2);
    expect((await at.run(...publish(next, "--shadow"))).code).toBe(2);
    expect(
      (await at.run(...publish(next, "--canary", "10%", "--salt", "a", "--shadow"))).code,
    ).toBe(0);
    const head = await at.run("inspect", "public/payments/head/production.json");
    expect(head.stdout).toContain("rollout     shadow 10 %, salt a");
    expect((await at.run(...publish(next, "--main"))).code).toBe(0);
  });
});

describe("eval", () => {
  const line = JSON.stringify({
    id: 1,
    principal: { agent: "bot" },
    tool: "payments.read",
    args: {},
  });

  test("a signed bundle is taken, also in production; an unsigned policy is not", async () => {
    const at = await place();
    const file = await signed(at, 1);
    const options = { cwd: at.cwd, stdin: `${line}\n` };
    const argv = ["eval", "--production", "--format", "jsonl", "--policy"];
    const taken = await runCli([...argv, file, "--root", "root.1.json"], options);
    expect(JSON.parse(taken.stdout)).toMatchObject({ id: 1, outcome: "permit", rules: ["read"] });
    const refused = await runCli([...argv, "policy/policy.yaml"], options);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain("must be signed");
  });

  test("a bundle without a root, or with one that did not sign it, decides nothing", async () => {
    const at = await place();
    const file = await signed(at, 1);
    const options = { cwd: at.cwd, stdin: `${line}\n` };
    const argv = ["eval", "--format", "jsonl", "--policy", file];
    expect(await runCli(argv, options)).toMatchObject({ code: 2, stdout: "" });
    const unsigned = await readFile(join(at.cwd, file), "utf8");
    const text = JSON.stringify({ ...JSON.parse(unsigned), signatures: [] });
    await writeFile(join(at.cwd, "unsigned.json"), text);
    const forged = await runCli(
      ["eval", "--format", "jsonl", "--policy", "unsigned.json", "--root", "root.1.json"],
      options,
    );
    expect(forged).toMatchObject({ code: 1, stdout: "" });
  });

  test("one call for people says nothing of development mode", async () => {
    const at = await place();
    const file = await signed(at, 1);
    const printed = await at.run(
      "eval",
      "--policy",
      file,
      "--root",
      "root.1.json",
      "--tool",
      "payments.read",
      "--agent",
      "bot",
    );
    expect(printed.stdout).toContain("PERMIT");
    expect(printed.stderr).toBe("");
  });
});
