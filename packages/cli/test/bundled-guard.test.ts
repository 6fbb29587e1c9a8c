import { join } from "node:path";
import {
  buildBundle,
  buildRoot,
  createKeySigner,
  generateSigningKey,
  publishBundle,
  signDocument,
  writeEnvelope,
} from "@portcullis/bundle";
import type { DocumentSigner } from "@portcullis/bundle";
import { createDirectoryTarget, startBundleServer } from "@portcullis/bundle/node";
import { trustedPrincipal } from "@portcullis/core";
import type { DecisionRecord } from "@portcullis/core";
import { compilePolicyYaml } from "@portcullis/policy";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createPortcullis } from "../src/index.ts";
import type { PortcullisOptions } from "../src/index.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const policyText = (rules: string, more = ""): string => `
portcullis: 1
name: payments
identity: host
${more}
tools:
  payments.read: { class: read, input: { type: object } }
  payments.pay: { class: pay, input: { type: object } }
rules:
${rules}
`;
const READ = "  - { id: read, effect: permit, agents: [bot], tools: [payments.read] }";
const PAY = "  - { id: pay, effect: permit, agents: [bot], tools: [payments.pay] }";

let signer: DocumentSigner;
let root: Uint8Array;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

beforeAll(async () => {
  signer = await createKeySigner(await generateSigningKey("Ed25519"));
  const one = { keys: [signer.publicJwk], threshold: 1 };
  const unsigned = await buildRoot({
    names: ["payments"],
    roles: { root: one, head: one, policy: one },
    expires: Date.now() + 3_600_000,
  });
  root = utf8(writeEnvelope(await signDocument(unsigned, signer)));
});

async function publish(folder: string, serial: number, text: string): Promise<void> {
  const policy = await compilePolicyYaml({ file: "policy.yaml", text });
  const unsigned = await buildBundle({
    name: "payments",
    serial,
    notBefore: Date.now() - 60_000,
    expires: Date.now() + 3_600_000,
    core: "0.1.0",
    compiler: "@portcullis/policy@0.1.0",
    policy,
    sources: { "policy.yaml": text },
    tests: [
      {
        name: "a stranger may not read",
        now: "2026-11-20T10:00:00Z",
        request: { tool: "payments.read", principal: { agent: "stranger" } },
        expect: { outcome: "deny" },
      },
    ],
  });
  await publishBundle({
    target: createDirectoryTarget(folder, "payments"),
    name: "payments",
    channel: "production",
    roots: [root],
    bundle: utf8(writeEnvelope(await signDocument(unsigned, signer))),
    headSigner: signer,
    now: Date.now(),
    core: "0.1.0",
  });
}

/** Options of a guard that ends with its test and keeps nothing where it should not. */
async function bundled(bundle: string, more: Partial<PortcullisOptions> = {}) {
  const ended = new AbortController();
  onTestFinished(() => ended.abort());
  const warnings: string[] = [];
  const { bundles, ...rest } = more;
  const guard = await createPortcullis({
    bundle,
    root,
    logger: { warn: (text) => warnings.push(text) },
    bundles: { folder: false, signal: ended.signal, ...bundles },
    ...rest,
  });
  const ask = async (tool: string): Promise<string> => {
    const context = { principal: trustedPrincipal({ agent: { id: "bot" } }) };
    const { decision } = await guard.execute({ callId: "1", tool, args: {} }, context, () => null);
    const why = decision.outcome === "permit" ? "" : ` ${decision.denial.code}`;
    return `${decision.outcome} ${decision.policy.serial}${why}`;
  };
  return { guard, ask, warnings };
}

const sinkOf = (records: DecisionRecord[]) => ({
  write: async (record: DecisionRecord) => void records.push(record),
});

describe("createPortcullis with a bundle", () => {
  test("enforces what is published in a folder, also in production, and swaps it", async () => {
    const folder = await temporaryFolder();
    await publish(folder, 1, policyText(READ));
    const { ask, warnings } = await bundled(`${folder}/payments/production`, { production: true });
    expect(await ask("payments.read")).toBe("permit 1");
    expect(await ask("payments.pay")).toBe("deny 1 no-applicable-rule");
    await publish(folder, 2, policyText(`${READ}\n${PAY}`));
    await expect.poll(() => ask("payments.pay"), { timeout: 10_000 }).toBe("permit 2");
    expect(warnings).toEqual([]);
  });

  test("over HTTP, kept on disk: it serves again while the server is away", async () => {
    const folder = await temporaryFolder();
    const state = join(await temporaryFolder(), "state");
    await publish(folder, 1, policyText(READ));
    const server = await startBundleServer({ folder });
    const address = `${server.base}/payments/production`;
    const first = await bundled(address, { bundles: { folder: state } });
    expect(await first.ask("payments.read")).toBe("permit 1");
    await server.stop();
    const again = await bundled(address, { bundles: { folder: state } });
    expect(await again.ask("payments.read")).toBe("permit 1");
  });

  test("nothing published: every call is denied, and it says so", async () => {
    const { ask, warnings } = await bundled(`${await temporaryFolder()}/payments/production`);
    expect(await ask("payments.read")).toBe("deny 0 bundle-unavailable");
    expect(warnings.join()).toContain("every call is denied");
  });

  test("records go to the sink that the policy names; a bundle that names none of ours is refused", async () => {
    const folder = await temporaryFolder();
    const [audit, other]: [DecisionRecord[], DecisionRecord[]] = [[], []];
    await publish(folder, 1, policyText(READ, "audit: { sink: audit }"));
    const { ask } = await bundled(`${folder}/payments/production`, {
      sinks: { audit: sinkOf(audit), other: sinkOf(other) },
    });
    await ask("payments.read");
    expect([audit.length > 0, other.length]).toEqual([true, 0]);
    const without = await bundled(`${folder}/payments/production`);
    expect(await without.ask("payments.read")).toBe("deny 0 bundle-unavailable");
    expect(without.warnings.join()).toContain("no bundle is in force");
  });

  test.for([
    ["no root", { root: undefined }, "root"],
    ["an empty root", { root: "" }, "root"],
    ["an address without a channel", { bundle: "payments" }, "bundle"],
    ["a policy as well", { policy: "policy.yaml" }, "policy"],
    ["http elsewhere", { bundle: "http://policy.example/payments/production" }, "base"],
  ] as const)("%s is refused", async ([, more, option]) => {
    const options = { bundle: "/srv/policy/payments/production", root, ...more };
    await expect(createPortcullis(options as PortcullisOptions)).rejects.toMatchObject({
      fields: { option },
    });
  });

  test("a root that is none, or whose names are others, refuses the start", async () => {
    await expect(bundled("/srv/payments/production", { root: "{}" })).rejects.toMatchObject({
      code: "ERR_BUNDLE_INVALID",
    });
    await expect(bundled("/srv/refunds/production")).rejects.toMatchObject({
      fields: { reason: "wrong-name" },
    });
  });

  test("neither policy nor bundle, or a root without a bundle", async () => {
    await expect(createPortcullis({})).rejects.toMatchObject({ fields: { option: "policy" } });
    await expect(createPortcullis({ policy: "x.yaml", root })).rejects.toMatchObject({
      fields: { option: "bundle" },
    });
  });
});
