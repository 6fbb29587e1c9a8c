import type { InProcessPermit, Json, ReplayStore, TaskToken } from "@portcullis/core";
import {
  canonicalize,
  PortcullisConfigError,
  PortcullisError,
  runtimeDefaults,
} from "@portcullis/core";
import { LIMITS, SEPARATOR, TYPES } from "./claims.ts";
import { validateArguments } from "./constraints/validate-arguments.ts";
import type { StateParts } from "./internal/check-state.ts";
import { checkBindings, checkRevocation, checkTime, checkTimes } from "./internal/check-state.ts";
import { inTime } from "./internal/in-time.ts";
import { createPrefixCache } from "./internal/prefix-cache.ts";
import { checkGranted, readCall } from "./internal/read-call.ts";
import { isObject, readJws } from "./internal/read-jws.ts";
import type { ChainInput } from "./internal/split-chain.ts";
import { splitChain } from "./internal/split-chain.ts";
import { toCaller } from "./internal/to-caller.ts";
import type { VerifiedLinks, VerifyParts } from "./internal/verify-links.ts";
import { findIssuerKey, verifyLinks } from "./internal/verify-links.ts";
import type { IssuerKey } from "./ports.ts";
import { jwkText } from "./public-jwk.ts";
import type {
  ExpectedCaller,
  PermittedCall,
  TaskTokenVerifier,
  TaskTokenVerifierOptions,
  VerifiedChain,
  VerifiedTask,
} from "./task-token-verifier.ts";
import { tokenError } from "./token-error.ts";

/** What a permit stands for. */
interface Permit {
  readonly links: VerifiedLinks;
  readonly id: string;
  readonly tool: string;
  readonly argsDigest: string;
  readonly isDryRun: boolean;
  readonly approval: string | undefined;
  /** Monotonic milliseconds. */
  readonly until: number;
}

/** What a call token or permit proves. */
interface Proof {
  readonly links: VerifiedLinks;
  readonly callId: string;
  readonly tool: string;
  readonly argsDigest: string;
  readonly isDryRun: boolean;
  readonly approval: string | undefined;
  /** Checks that its own life is not over. */
  readonly checkLife: (now: number) => void;
  /** A permit is used up by the first attempt, whatever comes of it. */
  readonly isPermit: boolean;
  /** Uses it up, once. */
  readonly use: () => Promise<void>;
}

interface Task {
  readonly proof: Proof;
  readonly risk: "normal" | "high";
  isBound: boolean;
}

/**
 * Creates a verifier of task tokens for one audience: the `credentials` of a guard.
 *
 * Form comes before cryptography, signatures before claims, the grant before what is below it. A
 * chain's signatures are verified once and remembered; times, audience, issuer key, revocation,
 * policy and the call token are checked at every call. Any failure throws one coded error.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when an option cannot work.
 *
 * @example
 * ```ts
 * import type { ReplayStore } from "@portcullis/core";
 *
 * declare const backend: SignatureBackend;
 * declare const keys: KeySet;
 * declare const replay: ReplayStore;
 * declare const chain: string;
 * const verifier = createTaskTokenVerifier({ backend, keys, replay, audience: "urn:svc:payments" });
 * const task = await verifier.verify(chain, { tool: "payments.refund" });
 * await verifier.bindArguments(task, '{"amount":20,"order":"A1"}');
 * await verifier.consume(task);
 * ```
 */
export function createTaskTokenVerifier(options: TaskTokenVerifierOptions): TaskTokenVerifier {
  const { replay, actorKeys, random = runtimeDefaults.random } = options;
  const { verifying, state, cacheEntries } = readOptions(options);
  const { clock, digest } = state;
  const cache = createPrefixCache(cacheEntries);
  const permits = new WeakMap<object, Permit>();
  const refusals = new WeakMap<object, unknown>();
  const chains = new WeakMap<VerifiedLinks, VerifiedChain>();
  const tasks = new WeakMap<VerifiedTask, Task>();
  const readNow = (): number => clock.now() / 1000;

  const toLinks = async (tokens: readonly string[]): Promise<VerifiedLinks> => {
    const key = await digest.sha256(tokens.join(SEPARATOR));
    const known = cache.get(key, readNow());
    if (known !== undefined && (await isStillIssued(known))) return known;
    cache.delete(key);
    const links = await verifyLinks(tokens, verifying);
    cache.set(key, links);
    return links;
  };
  const isStillIssued = async ({ issuer }: VerifiedLinks): Promise<boolean> =>
    isSameKey(await findIssuerKey(verifying.keys, issuer.kid), issuer);

  const checkCaller = async (
    links: VerifiedLinks,
    expected: ExpectedCaller,
    callId?: string,
  ): Promise<void> => {
    const now = readNow();
    checkTimes(links, now, state);
    await checkRevocation(links, { now, risk: expected.risk ?? "high", callId }, state);
    await checkBindings(links, expected, digest);
  };

  const toChain = async (links: VerifiedLinks): Promise<VerifiedChain> => {
    const known = chains.get(links);
    if (known !== undefined) return known;
    const chain = Object.freeze({
      ...(await toCaller(links, actorKeys)),
      subject: links.leaf.claims.sub,
      txn: links.leaf.claims.txn,
      actors: links.leaf.claims.actors,
      tokenIds: Object.freeze(links.links.map(({ claims }) => claims.jti)),
    });
    // Which keys are known to be whose may change.
    if (actorKeys === undefined) chains.set(links, chain);
    return chain;
  };

  /** Says in what is thrown whose chain it was; only where the caller holds it. */
  const naming = async (links: VerifiedLinks, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (cause) {
      if (!PortcullisError.isInstance(cause)) throw cause;
      const { delegation = [], purpose } = await toCaller(links, actorKeys);
      const user = links.leaf.claims.sub;
      const caller = { user, delegation, ...(purpose === undefined ? {} : { purpose }) };
      throw new PortcullisError(cause.code, cause.message, {
        cause: cause.cause,
        fields: { ...cause.fields, caller },
      });
    }
  };

  const readTokenProof = async (chain: ChainInput): Promise<Proof> => {
    const tokens = splitChain(chain, { least: 2, most: LIMITS.depth + 2 });
    const call = readJws(tokens.at(-1) ?? "", tokens.length - 1);
    if (call.header["typ"] !== TYPES.call) {
      throw tokenError("wrong-type", { depth: tokens.length - 1 });
    }
    const links = await toLinks(tokens.slice(0, -1));
    const claims = await readCall(call, links, verifying);
    const depth = links.links.length;
    const checkLife = (now: number): void =>
      checkTime(claims, { now, depth, skewSeconds: state.skewSeconds });
    checkLife(readNow());
    if (claims.aud !== state.audience) throw tokenError("wrong-audience", { depth });
    return {
      links,
      callId: claims.jti,
      tool: claims.tool,
      argsDigest: claims.argsDigest,
      isDryRun: claims.dryRun,
      approval: claims.approval,
      checkLife,
      isPermit: false,
      use: () => useToken(`${links.leaf.thumbprint}:${claims.jti}`, claims),
    };
  };

  const useToken = async (
    key: string,
    { iat, exp }: { readonly iat: number; readonly exp: number },
  ): Promise<void> => {
    let answer: Awaited<ReturnType<ReplayStore["consume"]>>;
    try {
      answer = await inTime(clock, state.timeoutMs, () => replay.consume(key, iat, exp));
    } catch (cause) {
      throw tokenError("replay-store", { cause });
    }
    if (answer === "ok") return;
    if (answer === "replayed") throw tokenError("replayed");
    if (answer === "full") throw tokenError("replay-store-full");
    throw tokenError(answer === "cold" ? "replay-store-cold" : "replay-store");
  };

  const readPermitProof = async (permit: object): Promise<Proof> => {
    const known = permits.get(permit);
    if (refusals.has(permit)) throw refusals.get(permit);
    if (known === undefined) throw tokenError("malformed");
    const { links, id, tool, argsDigest, isDryRun, approval, until } = known;
    if (!(await isStillIssued(links))) throw tokenError("unknown-key", { depth: 0 });
    const checkLife = (): void => {
      if (!(clock.monotonic() < until)) throw tokenError("expired", { depth: links.links.length });
    };
    checkLife();
    const use = async (): Promise<void> => {
      if (!permits.delete(permit)) throw tokenError("replayed");
    };
    const what = { links, callId: id, tool, argsDigest, isDryRun, approval };
    return { ...what, checkLife, isPermit: true, use };
  };

  const findTask = (task: VerifiedTask): Task => {
    const found = tasks.get(task);
    if (found === undefined) throw tokenError("malformed");
    return found;
  };

  const bindArguments = async (task: VerifiedTask, canonicalArguments: string): Promise<void> => {
    const known = findTask(task);
    const { proof } = known;
    const wasBound = known.isBound;
    known.isBound = false;
    if (!wasBound && (await digest.sha256(canonicalArguments)) !== proof.argsDigest) {
      throw tokenError("wrong-arguments");
    }
    checkArguments(proof.links, proof.tool, canonicalArguments);
    known.isBound = true;
  };

  const consume = async (task: VerifiedTask): Promise<void> => {
    const { proof, risk, isBound } = findTask(task);
    if (proof.isPermit) await proof.use();
    if (!isBound) throw tokenError("wrong-arguments");
    const now = readNow();
    checkTimes(proof.links, now, state);
    proof.checkLife(now);
    await checkRevocation(proof.links, { now, risk, callId: proof.callId }, state);
    if (!proof.isPermit) await proof.use();
  };

  const makePermit = async (
    chain: ChainInput,
    { tool, canonicalArguments, mode, approval }: PermittedCall,
  ): Promise<InProcessPermit> => {
    const links = await toLinks(splitChain(chain, { least: 1, most: LIMITS.depth + 1 }));
    await naming(links, async () => {
      checkTimes(links, readNow(), state);
      checkGranted(links, tool);
    });
    const permit = createPermit();
    permits.set(permit, {
      links,
      id: `permit-${random.id()}`,
      tool,
      argsDigest: await digest.sha256(canonicalArguments),
      isDryRun: mode === "dry-run",
      approval,
      until: clock.monotonic() + LIMITS.callSeconds * 1000,
    });
    return permit;
  };

  return Object.freeze({
    async verify(credential, expected) {
      const chain = toChainInput(credential);
      const proof =
        chain === undefined
          ? await readPermitProof(Object(credential))
          : await readTokenProof(chain);
      const { links, callId, tool, approval } = proof;
      await naming(links, async () => {
        if (tool !== expected.tool) throw tokenError("wrong-tool");
        if (proof.isDryRun !== (expected.mode === "dry-run")) throw tokenError("wrong-mode");
        checkGranted(links, tool);
        await checkCaller(links, expected, callId);
      });
      const caller = await toChain(links);
      const task: VerifiedTask = Object.freeze({
        ...caller,
        callId,
        tool,
        ...(approval === undefined ? {} : { approval }),
        bindArguments: (canonicalArguments: string) => bindArguments(task, canonicalArguments),
        consume: () => consume(task),
      });
      tasks.set(task, { proof, risk: expected.risk ?? "high", isBound: false });
      return task;
    },
    async verifyChain(credential, expected = {}) {
      const chain = toChainInput(credential);
      if (chain === undefined) throw tokenError("malformed");
      const links = await toLinks(splitChain(chain, { least: 1, most: LIMITS.depth + 1 }));
      await checkCaller(links, expected);
      return toChain(links);
    },
    bindArguments,
    async mintPermit(chain, call) {
      const permit = await makePermit(chain, call);
      const links = permits.get(permit)?.links;
      if (links !== undefined) checkArguments(links, call.tool, call.canonicalArguments);
      return permit;
    },
    taskContext: (chain, context) => async (call) => {
      const tool: unknown = Reflect.get(call, "tool");
      if (typeof tool !== "string") return { ...context, token: chain };
      const canonicalArguments = toCanonicalText(Reflect.get(call, "args"));
      try {
        // The arguments are checked where the guard binds them, after the tool's schema.
        const credential = await makePermit(chain, { tool, canonicalArguments });
        return { ...context, credential };
      } catch (cause) {
        const credential = createPermit();
        refusals.set(credential, cause);
        return { ...context, credential };
      }
    },
    consume,
    clearCache: () => cache.clear(),
  } satisfies TaskTokenVerifier);
}

/** A new object that stands for nothing until its verifier remembers what. */
function createPermit(): InProcessPermit {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the brand has no member to set
  return Object.freeze({}) as InProcessPermit;
}

/** What is no plain JSON gets no text here: the guard refuses it with its own code. */
function toCanonicalText(args: unknown): string {
  try {
    return canonicalize(args).text;
  } catch {
    return "";
  }
}

function readOptions(options: TaskTokenVerifierOptions): {
  readonly verifying: VerifyParts;
  readonly state: StateParts;
  readonly cacheEntries: number;
} {
  const {
    backend,
    keys,
    revocation,
    audience,
    algorithms = ["Ed25519", "ES256"],
    skewSeconds = 2,
    storeTimeoutMs = 250,
    cacheEntries = 2048,
    clock = runtimeDefaults.clock,
    digest = runtimeDefaults.digest,
  } = options;
  refuse("audience", typeof audience === "string" && audience.length > 0 && audience.length <= 512);
  refuse("skewSeconds", skewSeconds >= 0 && skewSeconds <= 2);
  refuse("storeTimeoutMs", storeTimeoutMs > 0 && storeTimeoutMs <= 60_000);
  refuse("cacheEntries", Number.isSafeInteger(cacheEntries) && cacheEntries > 0);
  refuse(
    "algorithms",
    algorithms.length > 0 && algorithms.every((each) => backend.algorithms.includes(each)),
  );
  return {
    verifying: { backend, keys, digest, algorithms: new Set(algorithms) },
    state: { revocation, clock, digest, audience, skewSeconds, timeoutMs: storeTimeoutMs },
    cacheEntries,
  };
}

const RULES: Readonly<Record<string, string>> = {
  audience: "`audience` must be a text of 1 to 512 characters.",
  skewSeconds: "`skewSeconds` must be from 0 to 2: more than half a call token's life is too much.",
  storeTimeoutMs: "`storeTimeoutMs` must be above 0 and at most 60000.",
  cacheEntries: "`cacheEntries` must be a positive whole number.",
  algorithms: "`algorithms` must list some that the backend can verify.",
};

function refuse(option: string, isRight: boolean): void {
  if (!isRight) throw new PortcullisConfigError(option, RULES[option] ?? "");
}

/** The chain of a credential; undefined where it is a permit, or nothing that is known. */
function toChainInput(
  credential: TaskToken | InProcessPermit | ChainInput,
): ChainInput | undefined {
  if (typeof credential === "string" || isTokens(credential)) return credential;
  if (typeof credential !== "object" || credential === null) return undefined;
  return "token" in credential && Object.hasOwn(credential, "token") ? credential.token : undefined;
}

function isTokens(credential: unknown): credential is readonly string[] {
  return Array.isArray(credential);
}

function isSameKey(a: IssuerKey, b: IssuerKey): boolean {
  return a.issuer === b.issuer && jwkText(a.jwk) === jwkText(b.jwk);
}

/** Checks arguments against the last link's constraints, hence every link's. */
function checkArguments({ leaf }: VerifiedLinks, tool: string, canonicalArguments: string): void {
  const args = parseArguments(canonicalArguments);
  const constraints = leaf.claims.tools.get(tool);
  if (!isObject(args) || !validateArguments(constraints, args).ok) {
    throw tokenError("arguments-not-granted");
  }
}

function parseArguments(text: string): Json | undefined {
  try {
    const args: Json = JSON.parse(text);
    return args;
  } catch {
    return undefined;
  }
}
