import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDemoTools } from "../src/demo/demo-tools.ts";
import { createLocalFileReader } from "../src/demo/file-reader.ts";
import { runProgram } from "../src/demo/run-program.ts";

let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "portcullis-test-")));
  await writeFile(join(folder, "hello.mjs"), "console.log('hello');");
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test("a program runs without a shell, in the folder, without the environment", async () => {
  process.env["PORTCULLIS_TEST_SECRET"] = "secret";
  const script = "console.log(process.cwd(), process.env.PORTCULLIS_TEST_SECRET, process.argv[1])";
  const printed = await runProgram(
    { program: "node", args: ["-e", script, "$(echo x)"] },
    { folder },
  );
  delete process.env["PORTCULLIS_TEST_SECRET"];
  expect(printed).toBe(`exit 0\n${folder} undefined $(echo x)\n`);
});

test("a program that fails gives its exit code", async () => {
  const failing = { program: "node", args: ["-e", "process.exit(3)"] };
  expect(await runProgram(failing, { folder })).toBe("exit 3\n");
});

test("a program that is not there cannot be run", async () => {
  const missing = runProgram({ program: "no-such-program", args: [] }, { folder });
  await expect(missing).rejects.toThrow("did not run");
});

test.for([
  ["another program", "sh", ["-c", "true"]],
  ["an option of node", "node", ["--allow-fs-read=*", "hello.mjs"]],
  ["another option of node", "node", ["hello.mjs", "-r", "x"]],
] as const)("confined, %s is refused", async ([, program, args]) => {
  const refused = runProgram({ program, args }, { folder, confined: true });
  await expect(refused).rejects.toThrow("here");
});

test("confined, node reads the folder and nothing else", async () => {
  const inside = { program: "node", args: ["hello.mjs"] };
  expect(await runProgram(inside, { folder, confined: true })).toBe("exit 0\nhello\n");
  const outside = `require('node:fs').readFileSync(${JSON.stringify(import.meta.filename)})`;
  const refused = { program: "node", args: ["-e", outside] };
  expect(await runProgram(refused, { folder, confined: true })).toContain("ERR_ACCESS_DENIED");
});

const tools = (): ReturnType<typeof createDemoTools> =>
  createDemoTools({
    files: createLocalFileReader(folder),
    root: folder,
    confined: false,
    pay: () => undefined,
  });

test.for([
  ["http_request", { method: "GET", url: "http://192.0.2.1/" }, "network ends"],
  ["http_request", { method: "TRACE", url: "http://127.0.0.1/" }, "Invalid"],
  ["read_text_file", { path: "../x" }, "outside"],
  ["refund", { order: "A", account: "B", amount: -1 }, "Too small"],
] as const)("%s refuses what the demo has no use for", async ([name, args, message]) => {
  const tool = tools().find((each) => each.name === name);
  await expect(tool?.run(args)).rejects.toThrow(message);
});
