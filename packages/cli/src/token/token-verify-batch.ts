import type { Clock, Json, PolicyRef } from "@portcullis/core";
import {
  canonicalize,
  PortcullisError,
  runtimeDefaults,
  toTokenDenialCode,
} from "@portcullis/core";
import { createTaskTokenVerifier } from "@portcullis/token";
import type { KeySet, TaskTokenVerifier, VerifiedTask } from "@portcullis/token";
import { createNodeSignatureBackend } from "@portcullis/token/node";
import { z } from "zod";
import type { LineError } from "../answer-lines.ts";
import { answerLines } from "../answer-lines.ts";
import { anyJson, lineId, optional, parseLine } from "../parse-line.ts";
import { createRunReplayStore } from "./run-replay-store.ts";

/** A chain and the call that it is to authorise. */
export interface TokenVerifyLine {
  /** Given back as it came. */
  readonly id: string | number;
  /** The chain with its call token, as one text or a list of tokens. */
  readonly token: string | readonly string[];
  readonly tool: string;
  /** Arguments; absent means none, `{}`. */
  readonly args?: Json | undefined;
  /** The user's own words, for grants that are bound to them. */
  readonly prompt?: string | undefined;
}

/** Who a verified chain speaks for. */
export interface TokenPrincipal {
  /** The acting agent. */
  readonly agent: string;
  /** On whose behalf. */
  readonly user: string;
  /** Every agent, newest first. */
  readonly chain: readonly string[];
  /** The task. */
  readonly session: string;
}

/**
 * The answer to one line.
 *
 * ```json
 * {"id":"1","valid":false,"code":"token-expired","principal":null}
 * ```
 */
export interface TokenVerifyAnswer {
  /** The line's own. */
  readonly id: string | number;
  readonly valid: boolean;
  /** Denial code; null where it is valid. */
  readonly code: string | null;
  /** Null where it is not valid. */
  readonly principal: TokenPrincipal | null;
}

/** What {@link verifyTokenBatch} verifies against. */
export interface TokenVerifyOptions {
  readonly keys: KeySet;
  /** The enforcement point that the call is for. */
  readonly audience: string;
  /** Milliseconds since the epoch. Default the present. */
  readonly now?: number;
  /** The bundle in force, for grants that want at least a certain one. */
  readonly bundle?: PolicyRef;
}

const lineSchema = z.strictObject({
  id: lineId,
  token: z.union([z.string(), z.array(z.string())]),
  tool: z.string(),
  args: anyJson.optional(),
  prompt: optional(z.string()),
});

/**
 * Answers JSON Lines `{"id","token","tool","args"}`, as `portcullis token verify --format jsonl` does:
 * one answer for each line, in order; a malformed line is answered with an error and the run goes on.
 * Nothing is used up, so one chain may be asked about twice.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when the audience cannot be one.
 *
 * @example
 * ```ts
 * import type { KeySet } from "@portcullis/token";
 *
 * declare const keys: KeySet;
 * const options = { keys, audience: "urn:svc:payments" };
 * for await (const answer of verifyTokenBatch(process.stdin, options)) {
 *   if ("error" in answer) throw new Error(`line ${answer.line}: ${answer.error.message}`);
 * }
 * ```
 */
export async function* verifyTokenBatch(
  input: AsyncIterable<Uint8Array>,
  options: TokenVerifyOptions,
): AsyncGenerator<TokenVerifyAnswer | LineError, void, undefined> {
  const { keys, audience, now, bundle } = options;
  const verifier = createTaskTokenVerifier({
    backend: createNodeSignatureBackend(),
    keys,
    audience,
    replay: createRunReplayStore(),
    clock: toClock(now),
  });
  yield* answerLines(input, (value) =>
    verifyTokenLine(parseLine(lineSchema, value), { verifier, bundle }),
  );
}

async function verifyTokenLine(
  { id, token, tool, args, prompt }: TokenVerifyLine,
  { verifier, bundle }: { verifier: TaskTokenVerifier; bundle: PolicyRef | undefined },
): Promise<TokenVerifyAnswer> {
  try {
    const { text } = canonicalize(args === undefined ? {} : args);
    const task = await verifier.verify(token, {
      tool,
      ...(prompt === undefined ? {} : { request: [prompt] }),
      ...(bundle === undefined ? {} : { bundle }),
    });
    await verifier.bindArguments(task, text);
    return { id, valid: true, code: null, principal: toPrincipal(task) };
  } catch (error) {
    return { id, valid: false, code: toCode(error), principal: null };
  }
}

function toPrincipal({ actors, subject, session }: VerifiedTask): TokenPrincipal {
  return { agent: actors[0] ?? "", user: subject, chain: actors, session };
}

function toCode(error: unknown): string {
  if (!PortcullisError.isInstance(error)) return "token-unavailable";
  if (error.code === "ERR_ARGUMENTS_INVALID") {
    return error.fields.reason === "too-large" ? "arguments-too-large" : "arguments-not-plain";
  }
  return toTokenDenialCode(error) ?? "token-unavailable";
}

function toClock(now: number | undefined): Clock {
  return now === undefined ? runtimeDefaults.clock : { ...runtimeDefaults.clock, now: () => now };
}
