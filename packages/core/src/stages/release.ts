import type { ToolFailure } from "../denied-error.ts";
import { createValueKeeper } from "../flow/keep-values.ts";
import type { KeptResult, ValueKeeper } from "../flow/keep-values.ts";
import type { GuardRuntime } from "../internal/guard-runtime.ts";
import type { TextMap } from "../internal/map-text.ts";
import { mapText } from "../internal/map-text.ts";
import type { StreamRedactor } from "../internal/redact-stream.ts";
import { createStreamRedactor } from "../internal/redact-stream.ts";
import { redactTexts } from "../internal/redact-text.ts";
import { createSignalWatch, SUSPICIOUS } from "../internal/signal-watch.ts";
import type { RecordedFinding } from "../ports/decision-sink.ts";
import type { Placeholders } from "../redactor.ts";

/** What a result must pass before anyone sees it. */
export interface ReleaseInput {
  readonly sessionKey: string;
  /** Labels that the tool's results put on the session. */
  readonly labels: readonly string[];
  /** What of the result's values is kept; undefined where the policy reads no labels of values. */
  readonly values: Pick<KeptResult, "sources"> | undefined;
  /** Kinds of finding to remove; needs a scanner. */
  readonly redact: readonly string[];
  /** Gives what is removed its placeholders. */
  readonly placeholders: Placeholders;
  /** Values that only the tool was given, with the placeholders that stand for them elsewhere. */
  readonly restored: ReadonlyMap<string, string>;
  /** Most UTF-8 bytes of text, names and numbers in one result. */
  readonly maxBytes: number;
}

/** Gives out what a tool produced, piece by piece or at once. */
export interface Release {
  /** Resolves once the labels are durable; a rejection withholds everything. */
  labelled(): Promise<void>;
  /** The inspected value. */
  value<T>(value: T): Promise<T>;
  /** What may be said about an error: no stack, redacted, at most 2 000 characters. */
  failure(error: unknown): Promise<ToolFailure>;
  /** Takes one chunk of a stream; resolves to what may be given out now. */
  push<C>(chunk: C): Promise<readonly C[]>;
  /** Ends the stream; resolves to what was held back. */
  end<C>(): Promise<readonly C[]>;
  /** What was found in the result so far, for the record. */
  findings(): readonly RecordedFinding[];
}

/** A result that is withheld; the text is fixed and goes to the model. */
export class WithheldResult extends Error {
  constructor(message: string) {
    super(message);
    this.name = "WithheldResult";
  }
}

const IMITATION = /\bportcullis\.(?=denied\b|approval-required\b)/g;
const MAX_FAILURE_LENGTH = 2000;
// White space without line ends, so that a message of many lines is read once.
const STACK_LINE = /\n[^\S\n]*at [\s\S]*$/;
const STREAM = "The tool returned a stream that could not be inspected.";
const UNREDACTED = "The tool returned something that cannot be redacted.";

/**
 * Stage 8: labels are durable before anything is given out; then size cap, redaction, and whatever
 * imitates a denial of ours is marked as the tool's own text. Signals of injected instructions or
 * hidden text add the label `suspicious`, also before anything is given out.
 *
 * Streams and promises inside a result are withheld with it. So is, where redaction is demanded,
 * what may show text that nobody could look at: accessors, iterators, a `toJSON` that gives what
 * would be redacted.
 */
export function release(runtime: GuardRuntime, input: ReleaseInput): Release {
  let labels: Promise<void> | undefined;
  let bytes = 0;
  const labelled = (): Promise<void> => (labels ??= writeLabels(runtime, input));
  const count = (text: string): void => {
    bytes += utf8Length(text);
    if (bytes > input.maxBytes) {
      throw new WithheldResult("The result is larger than the policy allows; ask for less.");
    }
  };
  const watch = createSignalWatch(runtime.options.signals);
  const result = {
    sessionKey: input.sessionKey,
    labels: () => (watch.look() ? [...new Set([...input.labels, SUSPICIOUS])] : input.labels),
  };
  const keeper =
    input.values === undefined
      ? undefined
      : createValueKeeper(runtime, { ...result, ...input.values });
  const warned = async (): Promise<void> => {
    if (!watch.look()) return;
    await durable(() => runtime.sessions.addLabels(input.sessionKey, [SUSPICIOUS]));
  };
  const kept = async (write: (keeper: ValueKeeper) => Promise<void>): Promise<void> => {
    if (keeper === undefined) return labelled();
    return durable(() => write(keeper));
  };
  const { placeholders } = input;
  const texts = redactTexts(runtime.options.scanner, input.redact, placeholders);
  const isRedacted = input.redact.length > 0;
  const isStrict = isRedacted || input.restored.size > 0;
  const redact = (text: string, name = ""): string => {
    const unrestored = withoutRestored(text, input.restored);
    return withoutImitation(isRedacted ? texts.text(unrestored, name) : unrestored);
  };
  const map: TextMap = {
    text(text, name) {
      count(text);
      watch.add(text);
      return redact(text, name);
    },
    name(name) {
      count(name);
      watch.add(name);
      return redact(name);
    },
    other(value) {
      if (isStream(value) || value instanceof Promise) throw new WithheldResult(STREAM);
      if (typeof value === "bigint") count(value.toString(16));
      else if (typeof value === "number" || typeof value === "boolean") count(String(value));
    },
  };
  const strict: TextMap = {
    ...map,
    accessor() {
      throw new WithheldResult(UNREDACTED);
    },
    object: (value) => demandShown(value, redact),
    number(value, name) {
      if (input.restored.has(String(value))) return 0;
      return isRedacted ? texts.number(value, name) : value;
    },
    other(value) {
      const hidden = bytesAsText(value);
      if (hidden !== undefined && redact(hidden) !== hidden) throw new WithheldResult(UNREDACTED);
      map.other?.(value);
    },
  };
  const clean = <T>(value: T): T => mapText(value, isStrict ? strict : map);
  let stream: StreamRedactor | undefined;
  const streamed = async <C>(next: (stream: StreamRedactor) => string): Promise<readonly C[]> => {
    stream ??= createStream(runtime, input, placeholders);
    const text = withoutImitation(next(stream));
    if (text === "") return [];
    watch.add(text);
    await warned();
    if (keeper !== undefined) await kept((into) => into.keepPart(text));
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only texts are held
    return [text] as readonly unknown[] as readonly C[];
  };
  return {
    labelled,
    async value(value) {
      // Of what is withheld no value is known to anyone.
      await kept((into) => into.keepNothing());
      if (isStream(value)) throw new WithheldResult(STREAM);
      const cleaned = clean(value);
      // Kept with the values that carry it, else every value of the session would.
      if (keeper === undefined) await warned();
      else await kept((into) => into.keep(cleaned));
      return cleaned;
    },
    async failure(error) {
      const failure = toFailure(error, redact);
      watch.add(failure.message);
      await warned();
      await kept((into) => into.keep([failure.name, failure.message]));
      return failure;
    },
    async push<C>(chunk: C): Promise<readonly C[]> {
      await kept((into) => into.keepNothing());
      // A value that was put back may come in parts, of which none can be told.
      if (input.restored.size > 0) {
        throw new WithheldResult("The tool streamed what it was given in confidence.");
      }
      if (!isRedacted) {
        const cleaned = clean(chunk);
        await warned();
        if (keeper !== undefined) await kept((into) => into.keepPart(cleaned));
        return [cleaned];
      }
      if (typeof chunk !== "string") {
        throw new WithheldResult("The tool streamed parts that cannot be redacted.");
      }
      count(chunk);
      return streamed((into) => into.push(chunk));
    },
    async end<C>(): Promise<readonly C[]> {
      await kept((into) => into.keepNothing());
      return stream === undefined ? [] : streamed((into) => into.end());
    },
    findings: () => watch.findings(),
  };
}

function createStream(
  { options }: GuardRuntime,
  { redact }: ReleaseInput,
  placeholders: Placeholders,
): StreamRedactor {
  if (options.scanner === undefined) throw new WithheldResult(UNREDACTED);
  return createStreamRedactor(options.scanner, redact, placeholders);
}

async function writeLabels(runtime: GuardRuntime, input: ReleaseInput): Promise<void> {
  if (input.labels.length === 0) return;
  await durable(() => runtime.sessions.addLabels(input.sessionKey, input.labels));
}

async function durable(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch {
    throw new WithheldResult("The session's record could not be written; the result is withheld.");
  }
}

function withoutRestored(text: string, restored: ReadonlyMap<string, string>): string {
  let result = text;
  // The longest first: a value may stand inside another one.
  const longest = [...restored].toSorted(([a], [b]) => b.length - a.length);
  for (const [value, placeholder] of longest) {
    if (result.includes(value)) result = result.replaceAll(value, () => placeholder);
  }
  return result;
}

function withoutImitation(text: string): string {
  return text.includes("portcullis.") ? text.replace(IMITATION, "tool-text:portcullis.") : text;
}

const PIECE = 8192;

/** Bytes as text of one character each, without the zeros that UTF-16 puts between them. */
function bytesAsText(value: unknown): string | undefined {
  let bytes: Uint8Array | undefined;
  if (ArrayBuffer.isView(value)) {
    bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  } else if (value instanceof ArrayBuffer) bytes = new Uint8Array(value);
  if (bytes === undefined) return undefined;
  let text = "";
  for (let start = 0; start < bytes.length; start += PIECE) {
    text += String.fromCodePoint(...bytes.subarray(start, start + PIECE));
  }
  return text.replaceAll("\0", "");
}

/** Withholds an object that shows more than the members which were looked at. */
function demandShown(value: object, redact: (text: string) => string): void {
  const toJson: unknown = Reflect.get(value, "toJSON");
  const shown: unknown = typeof toJson === "function" ? Reflect.apply(toJson, value, [""]) : value;
  const isIterator = typeof Reflect.get(value, Symbol.iterator) === "function";
  const isClean = shown === value || mapText(shown, { text: redact, name: redact }) === shown;
  if (isIterator || !isClean) throw new WithheldResult(UNREDACTED);
}

function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    // A surrogate is half of a character of four bytes.
    if (unit > 0x7f) length += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return length;
}

function toFailure(error: unknown, clean: (text: string) => string): ToolFailure {
  const text = error instanceof Error ? error.message : typeof error === "string" ? error : "";
  const own = error instanceof Error && /^\w{1,64}$/.test(error.name) ? error.name : "Error";
  const name = clean(own) === own ? own : "Error";
  const message = clean(text.replace(STACK_LINE, "")).slice(0, MAX_FAILURE_LENGTH);
  return { name, message: message === "" ? "The tool failed without a message." : message };
}

function isStream(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof Reflect.get(value, Symbol.asyncIterator) === "function"
  );
}
