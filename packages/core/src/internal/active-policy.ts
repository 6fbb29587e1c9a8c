import type { CompiledPolicy } from "../compile-policy.ts";
import { compilePolicy } from "../compile-policy.ts";
import type { PolicyRef } from "../decision.ts";
import { isDenialCode } from "../denial.ts";
import type { Issue } from "../errors.ts";
import { PortcullisError } from "../errors.ts";
import type { SchemaCompiler, SchemaValidator } from "../json-schema/schema-compiler.ts";
import { parsePolicy } from "../parse-policy.ts";
import { policyDigestText } from "../policy-digest.ts";
import type { PolicyDocument } from "../policy-document.ts";
import type { FactProvider } from "../ports/fact-provider.ts";
import type { PatternMatcher } from "../ports/pattern-matcher.ts";
import type { PolicySource, SourcedPolicy } from "../ports/policy-source.ts";
import type { Digest } from "../ports/runtime.ts";
import type { Scanner } from "../ports/scanner.ts";
import { Refusal } from "../refusal.ts";
import { SUSPICIOUS } from "./signal-watch.ts";

/** A policy that was checked, compiled and frozen; a decision uses the one it started with. */
export interface ActivePolicy {
  readonly document: PolicyDocument;
  readonly compiled: CompiledPolicy;
  /** What decisions and records name: the bundle's where there is one. */
  readonly ref: PolicyRef;
  /** base64url SHA-256 of what the policy means; approvals are bound to it. */
  readonly policyDigest: string;
  /** Argument validators by tool. */
  readonly validators: ReadonlyMap<string, SchemaValidator>;
  /** Validator of the host's facts, where the policy types them. */
  readonly contextValidator: SchemaValidator | undefined;
  /** Every label that some tool declares, sorted: what an unknown session starts with. */
  readonly declaredLabels: readonly string[];
}

/** What activation needs besides the document. */
export interface ActivationParts {
  readonly digest: Digest;
  readonly schemas: SchemaCompiler;
  readonly facts: readonly FactProvider[];
  readonly matcher: PatternMatcher | undefined;
  readonly scanner: Scanner | undefined;
  /** Looks at results; with one, an unknown session may hold a suspicious one. */
  readonly signals: Scanner | undefined;
}

/**
 * Checks and compiles a policy; believes nothing of the document.
 *
 * @throws {PortcullisError} `ERR_POLICY_INVALID` with every issue.
 */
export async function activatePolicy(
  input: PolicyDocument,
  parts: ActivationParts,
  ref?: PolicyRef,
): Promise<ActivePolicy> {
  const document = parsePolicy(input);
  const issues: Issue[] = findMissingScanner(document, parts.scanner);
  const validators = new Map<string, SchemaValidator>();
  for (const [tool, entry] of Object.entries(document.tools)) {
    const path = `/tools/${tool}/input`;
    const origin = entry.origin === "mcp" ? "foreign" : "trusted";
    const validator = await compileSchema(
      parts,
      entry.input,
      { path, origin, closed: true },
      issues,
    );
    if (validator !== undefined) validators.set(tool, validator);
  }
  const contextValidator =
    document.context === undefined
      ? undefined
      : await compileSchema(
          parts,
          document.context,
          { path: "/context", origin: "trusted", closed: false },
          issues,
        );
  if (issues.length > 0) throw policyInvalid(issues);
  const compiled = compilePolicy(document, {
    facts: parts.facts,
    ...(parts.matcher === undefined ? {} : { matcher: parts.matcher }),
  });
  const digest = await parts.digest.sha256(policyDigestText(document));
  const labels = [
    ...Object.values(document.tools).flatMap(({ result }) => result.labels),
    ...(parts.signals === undefined ? [] : [SUSPICIOUS]),
  ];
  return Object.freeze({
    document,
    compiled,
    ref: Object.freeze({ name: document.name, serial: document.serial, digest, ...ref }),
    policyDigest: digest,
    validators,
    contextValidator,
    declaredLabels: Object.freeze([...new Set(labels)].toSorted()),
  });
}

/** Keeps the compiled form of whatever a source says is current. */
export interface PolicyActivator {
  /** The policy in force for a call of this tool; a broken source is a refusal. */
  current(tool?: string): Promise<ActivePolicy>;
  /** The source's shadow, compiled; undefined without one. Rejects when it is broken. */
  shadow(): Promise<ActivePolicy> | undefined;
}

/** Versions kept: the one in force, its successor, and a shadow. */
const KEPT = 3;

/** Creates an activator; each version of a source is compiled once. */
export function createPolicyActivator(
  source: PolicySource,
  parts: ActivationParts,
): PolicyActivator {
  const compiled = new Map<number, Promise<ActivePolicy>>();
  const activate = ({ document, version, ref }: SourcedPolicy): Promise<ActivePolicy> => {
    const known = compiled.get(version);
    if (known !== undefined) return known;
    const activating = activatePolicy(document, parts, ref);
    compiled.set(version, activating);
    for (const old of [...compiled.keys()].slice(0, -KEPT)) compiled.delete(old);
    return activating;
  };
  source.onCandidate?.(async (candidate) => {
    await activate(candidate);
  });
  return {
    async current(tool) {
      try {
        return await activate(await source.current(tool));
      } catch (cause) {
        throw new Refusal(toBundleCode(cause));
      }
    },
    shadow() {
      const candidate = source.shadow?.();
      return candidate === undefined ? undefined : activate(candidate);
    },
  };
}

function toBundleCode(cause: unknown): Refusal["code"] {
  if (!PortcullisError.isInstance(cause)) return "bundle-unavailable";
  if (cause.code === "ERR_POLICY_INVALID") return "bundle-invalid";
  const code = cause.code.slice("ERR_".length).toLowerCase().replaceAll("_", "-");
  return code.startsWith("bundle-") && isDenialCode(code) ? code : "bundle-unavailable";
}

async function compileSchema(
  parts: ActivationParts,
  schema: PolicyDocument["tools"][string]["input"],
  where: {
    readonly path: string;
    readonly origin: "trusted" | "foreign";
    readonly closed: boolean;
  },
  issues: Issue[],
): Promise<SchemaValidator | undefined> {
  try {
    return await parts.schemas.compile(schema, { origin: where.origin, closed: where.closed });
  } catch (cause) {
    const found = PortcullisError.isInstance(cause) ? cause.fields.issues : undefined;
    const nested = found ?? [{ path: "", message: "The schema cannot be compiled." }];
    issues.push(...nested.map((issue) => ({ ...issue, path: `${where.path}${issue.path}` })));
    return undefined;
  }
}

function findMissingScanner(document: PolicyDocument, scanner: Scanner | undefined): Issue[] {
  const known: readonly string[] = scanner?.kinds ?? [];
  return document.rules.flatMap((rule, index) =>
    (rule.obligations ?? []).flatMap((obligation, at) => {
      if (obligation.type !== "redact") return [];
      const missing = obligation.kinds.filter((kind) => !known.includes(kind));
      if (missing.length === 0) return [];
      return [
        {
          path: `/rules/${index}/obligations/${at}`,
          message:
            scanner === undefined
              ? "A `redact` obligation needs a configured scanner; give the guard one, or take the obligation out."
              : `The configured scanner does not find: ${missing.join(", ")}.`,
        },
      ];
    }),
  );
}

function policyInvalid(issues: readonly Issue[]): PortcullisError {
  const first = issues[0]?.message ?? "";
  return new PortcullisError("ERR_POLICY_INVALID", `The policy is not valid: ${first}`, {
    fields: { issues },
  });
}
