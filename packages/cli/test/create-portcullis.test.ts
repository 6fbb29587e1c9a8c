import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { DecisionRecord, Guard } from "@portcullis/core";
import { createMemoryDecisionSink } from "@portcullis/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createPortcullis, trustedPrincipal } from "../src/index.ts";
import type { PortcullisOptions } from "../src/index.ts";
import { INIT_FILES } from "../src/init-files.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const POLICY = INIT_FILES[0]?.text ?? "";
const call = { callId: "1", tool: "rm", args: { path: "/tmp/x" } };

afterEach(() => vi.unstubAllEnvs());

async function write(text: string = POLICY): Promise<string> {
  return join(await temporaryFolder({ "policy.yaml": text }), "policy.yaml");
}

function quiet() {
  const lines: string[] = [];
  return { lines, logger: { warn: (line: string) => void lines.push(line) } };
}

async function runs(guard: Guard): Promise<string> {
  const principal = trustedPrincipal({ agent: { id: "assistant" } });
  const outcome = await guard.execute(call, { principal }, () => "ran");
  return outcome.kind === "completed" ? "completed" : outcome.decision.outcome;
}

async function recordsOf(path: string): Promise<readonly DecisionRecord[]> {
  const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as DecisionRecord);
}

describe("a policy file", () => {
  test.for(["a path", "a file: URL"])("is named by %s", async (kind) => {
    const path = await write();
    const policy = kind === "a path" ? path : pathToFileURL(path);
    expect(await runs(await createPortcullis({ policy, logger: quiet().logger }))).toBe(
      "completed",
    );
  });

  test.for([
    ["that is not there", { policy: "./none.yaml" }],
    ["at a web address", { policy: new URL("https://policy.example/x.yaml") }],
    ["without a name", { policy: "" }],
    ["of another kind", { policy: 5 }],
    ["that is missing", {}],
  ] as const)("%s is refused", async ([, options]) => {
    await expect(createPortcullis(options as unknown as PortcullisOptions)).rejects.toMatchObject({
      code: "ERR_OPTIONS_INVALID",
      fields: { option: "policy" },
    });
  });

  test("with a mistake is refused with its place", async () => {
    const policy = await write(POLICY.replace("effect: forbid", "effect: forbidden"));
    await expect(createPortcullis({ policy })).rejects.toMatchObject({
      code: "ERR_POLICY_INVALID",
      fields: { issues: [expect.objectContaining({ file: "policy.yaml", line: 13 })] },
    });
  });

  test("may name other files of its folder, none outside it", async () => {
    const folder = await temporaryFolder({
      "policy/policy.yaml": "portcullis: 1\nname: x\nidentity: host\ninclude: [rules/*.yaml]\n",
      "policy/rules/a.yaml": POLICY.slice(POLICY.indexOf("rules:")),
    });
    const { logger } = quiet();
    const guard = await createPortcullis({ policy: join(folder, "policy"), logger });
    expect(await runs(guard)).toBe("completed");
  });
});

describe("production", () => {
  test.for([
    ["the option", { production: true }, "development"],
    ["NODE_ENV", {}, "production"],
    ["NODE_ENV, whatever the option says", { production: false }, "production"],
  ] as const)("refuses an unsigned policy: %s", async ([, options, environment]) => {
    vi.stubEnv("NODE_ENV", environment);
    const { lines, logger } = quiet();
    await expect(
      createPortcullis({ policy: await write(), logger, ...options }),
    ).rejects.toMatchObject({
      code: "ERR_OPTIONS_INVALID",
      message: expect.stringContaining("must be signed"),
    });
    expect(lines).toEqual([]);
  });
});

describe("the banner", () => {
  test("comes once for each logger, and says that the policy is not signed", async () => {
    const policy = await write();
    const { lines, logger } = quiet();
    await createPortcullis({ policy, logger });
    await createPortcullis({ policy, logger });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("policy.yaml is NOT SIGNED");
  });

  test("goes to standard error once in a process", async () => {
    const spy = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    try {
      const policy = await write();
      await createPortcullis({ policy });
      await createPortcullis({ policy });
      expect(spy.mock.calls.filter(([text]) => String(text).includes("NOT SIGNED"))).toHaveLength(
        1,
      );
    } finally {
      spy.mockRestore();
    }
  });
});

describe("options", () => {
  test.for(["prodution", "sink", "__proto__x"])("%s is refused", async (name) => {
    const options = { policy: await write(), [name]: true } as unknown as PortcullisOptions;
    await expect(createPortcullis(options)).rejects.toMatchObject({
      code: "ERR_OPTIONS_INVALID",
      fields: { option: name },
    });
  });

  test("parts of the guard are handed on", async () => {
    const { logger } = quiet();
    const sessions = { open: () => Promise.reject(new Error("down")) };
    const parts = { sessions } as unknown as Pick<PortcullisOptions, "sessions">;
    const guard = await createPortcullis({ policy: await write(), logger, ...parts });
    expect(await runs(guard)).toBe("deny");
  });
});

describe("the decision log", () => {
  test("has intent and outcome of a call that ran", async () => {
    const policy = await write();
    const path = join(policy, "../log/decisions.jsonl");
    const { logger } = quiet();
    expect(await runs(await createPortcullis({ policy, logger, log: path }))).toBe("completed");
    expect((await recordsOf(path)).map(({ phase }) => phase)).toEqual(["intent", "outcome"]);
  });

  test("takes a path with options, and true for its usual place", async () => {
    const policy = await write();
    const { logger } = quiet();
    const path = join(policy, "../synced.jsonl");
    await runs(await createPortcullis({ policy, logger, log: { path, fsync: true } }));
    expect(await recordsOf(path)).toHaveLength(2);
    vi.spyOn(process, "cwd").mockReturnValue(join(policy, ".."));
    await runs(await createPortcullis({ policy, logger, log: true }));
    expect(await recordsOf(join(policy, "../.portcullis/decisions.jsonl"))).toHaveLength(2);
    vi.restoreAllMocks();
  });

  test("that cannot be written denies", async () => {
    const policy = await write();
    const { logger } = quiet();
    expect(await runs(await createPortcullis({ policy, logger, log: join(policy, "x") }))).toBe(
      "deny",
    );
  });
});

describe("sinks", () => {
  const { logger } = quiet();
  const named = POLICY.replace("rules:\n", "audit: { sink: main }\nrules:\n");

  test("without a choice of the policy all are written to", async () => {
    const a = createMemoryDecisionSink({ maxRecords: 10 });
    const b = createMemoryDecisionSink({ maxRecords: 10 });
    await runs(await createPortcullis({ policy: await write(), logger, sinks: { a, b } }));
    expect([a.records.length, b.records.length]).toEqual([2, 2]);
  });

  test("the policy's choice alone is written to", async () => {
    const main = createMemoryDecisionSink({ maxRecords: 10 });
    const other = createMemoryDecisionSink({ maxRecords: 10 });
    await runs(
      await createPortcullis({ policy: await write(named), logger, sinks: { main, other } }),
    );
    expect([main.records.length, other.records.length]).toEqual([2, 0]);
  });

  test.for([[undefined], [{}], [Object.create({ main: {} }) as object]])(
    "a choice that is not there is refused: %j",
    async ([sinks]) => {
      const options =
        sinks === undefined ? {} : { sinks: sinks as PortcullisOptions["sinks"] & {} };
      await expect(
        createPortcullis({ policy: await write(named), logger, ...options }),
      ).rejects.toMatchObject({ code: "ERR_OPTIONS_INVALID", fields: { option: "sinks" } });
    },
  );

  test("one that fails denies, although the others took the record", async () => {
    const good = createMemoryDecisionSink({ maxRecords: 10 });
    const bad = { write: () => Promise.reject(new Error("full")) };
    const policy = await write();
    expect(await runs(await createPortcullis({ policy, logger, sinks: { bad, good } }))).toBe(
      "deny",
    );
    expect(good.records.length).toBeGreaterThan(0);
  });
});
