import type { Issue, Json, SchemaCompiler, SchemaValidator } from "@portcullis/core";
import { createSchemaCompiler, PortcullisError } from "@portcullis/core";
import { linearMatcher } from "@portcullis/inspect";
import { z } from "zod";
import type { LineError } from "./answer-lines.ts";
import { answerLines, LineRefusal } from "./answer-lines.ts";
import { nodeDigest } from "./node-digest.ts";
import { anyJson, lineId, parseLine } from "./parse-line.ts";

/** Arguments to be checked against a schema. */
export interface ValidateLine {
  /** Given back as it came. */
  readonly id: string | number;
  /** JSON Schema 2020-12, taken as foreign: what is not supported is refused, never guessed. */
  readonly schema: Json;
  readonly args: Json;
}

/**
 * The answer to one line.
 *
 * ```json
 * {"id":"1","valid":false,"issues":[{"path":"/amount","message":"…"}]}
 * ```
 */
export interface ValidateAnswer {
  /** The line's own. */
  readonly id: string | number;
  readonly valid: boolean;
  /** What is wrong, by RFC 6901 pointer into the arguments; empty when valid. */
  readonly issues: readonly Pick<Issue, "path" | "message">[];
}

const lineSchema = z.strictObject({ id: lineId, schema: anyJson, args: anyJson });

/**
 * Checks arguments against a schema by the plain rules of JSON Schema 2020-12.
 *
 * @throws {LineRefusal} `schema-unsupported` when the schema is not valid or uses what is not
 * supported.
 *
 * @example
 * ```ts
 * await validateLine({ id: 1, schema: { type: "string" }, args: 2 });
 * // { id: 1, valid: false, issues: [{ path: "", message: "…" }] }
 * ```
 */
export async function validateLine(line: ValidateLine): Promise<ValidateAnswer> {
  return await validateWith(createCompiler(), line);
}

/**
 * Answers JSON Lines `{"id","schema","args"}`, as `portcullis validate --format jsonl` does: one
 * answer for each line, in order; a malformed line, or one whose schema is not supported, is
 * answered with an error and the run goes on.
 *
 * @example
 * ```ts
 * for await (const answer of validateBatch(process.stdin)) {
 *   if ("error" in answer) throw new Error(`line ${answer.line}: ${answer.error.message}`);
 * }
 * ```
 */
export async function* validateBatch(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<ValidateAnswer | LineError, void, undefined> {
  const compiler = createCompiler();
  yield* answerLines(input, (value) => validateWith(compiler, parseLine(lineSchema, value)));
}

async function validateWith(
  compiler: SchemaCompiler,
  { id, schema, args }: ValidateLine,
): Promise<ValidateAnswer> {
  const result = (await compile(compiler, schema)).validate(args);
  if (result.ok) return { id, valid: true, issues: [] };
  return {
    id,
    valid: false,
    issues: result.issues.map(({ path, message }) => ({ path, message })),
  };
}

function createCompiler(): SchemaCompiler {
  return createSchemaCompiler({
    matcher: linearMatcher(),
    digest: nodeDigest,
  });
}

async function compile(compiler: SchemaCompiler, schema: Json): Promise<SchemaValidator> {
  try {
    return await compiler.compile(schema, { origin: "foreign", closed: false });
  } catch (error) {
    const issue = PortcullisError.isInstance(error) ? error.fields.issues?.[0] : undefined;
    const place = issue === undefined || issue.path === "" ? "" : ` at ${issue.path}`;
    const why = issue === undefined ? "" : `${place}: ${issue.message}`;
    throw new LineRefusal("schema-unsupported", `The schema is not supported${why}`);
  }
}
