import type { ContextInput } from "./call-context.ts";
import type { GuardRuntime } from "./internal/guard-runtime.ts";
import { mapText } from "./internal/map-text.ts";
import { redactTexts } from "./internal/redact-text.ts";
import { visibleTools } from "./visible-tools.ts";

/** Members whose arrays hold tool definitions, in the shapes that providers use. */
const DEFINITION_MEMBERS: ReadonlySet<string> = new Set(["tools", "functions", "toolDefinitions"]);

/** Deepest nesting that is searched for definitions. */
const MAX_DEPTH = 64;

/**
 * A copy of messages without the definitions of tools that the principal may not use, and without
 * the scanner's findings. Definitions are entries of arrays named `tools`, `functions` or
 * `toolDefinitions` that have a name and a schema. Bytes, URLs and files pass unchanged.
 *
 * @throws {RangeError} when the messages are nested deeper than 64: nothing may be sent then.
 */
export async function redactMessages<M>(
  runtime: GuardRuntime,
  messages: M,
  context: ContextInput | undefined,
): Promise<M> {
  const names = new Set<string>();
  collectNames(messages, names, 0);
  const withheld = await findWithheld(runtime, names, context);
  const kept = withheld.size === 0 ? messages : dropDefinitions(messages, withheld);
  const { scanner } = runtime.options;
  if (scanner === undefined) return kept;
  const redact = redactTexts(scanner, ["secret"]);
  return mapText(kept, { ...redact, name: remembering(redact.name) });
}

/** Messages repeat the same few names, so each is scanned once. */
function remembering(map: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const mapped = known.get(text) ?? map(text);
    known.set(text, mapped);
    return mapped;
  };
}

async function findWithheld(
  runtime: GuardRuntime,
  names: ReadonlySet<string>,
  context: ContextInput | undefined,
): Promise<ReadonlySet<string>> {
  if (names.size === 0) return names;
  const definitions = [...names].map((name) => ({ name }));
  const visible = new Set(
    (await visibleTools(runtime, definitions, { context, isList: false })).map(({ name }) => name),
  );
  return new Set([...names].filter((name) => !visible.has(name)));
}

function collectNames(value: unknown, names: Set<string>, depth: number): void {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return;
  if (depth > MAX_DEPTH) throw new RangeError("messages are nested too deeply");
  for (const [key, member] of Object.entries(value)) {
    if (DEFINITION_MEMBERS.has(key) && Array.isArray(member)) {
      for (const entry of member) {
        const name = definitionName(entry);
        if (name !== undefined) names.add(name);
      }
    }
    collectNames(member, names, depth + 1);
  }
}

function dropDefinitions<M>(value: M, withheld: ReadonlySet<string>): M {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- same shape with fewer entries
  return drop(value, withheld) as M;
}

function drop(value: unknown, withheld: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => drop(item, withheld));
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  const descriptors: Record<PropertyKey, PropertyDescriptor> =
    Object.getOwnPropertyDescriptors(value);
  let changed = false;
  for (const key of Object.keys(descriptors)) {
    const descriptor = descriptors[key];
    if (descriptor === undefined || !Object.hasOwn(descriptor, "value")) continue;
    const before: unknown = descriptor.value;
    const list = DEFINITION_MEMBERS.has(key) && Array.isArray(before);
    const after = drop(
      list ? before.filter((entry) => !isWithheld(entry, withheld)) : before,
      withheld,
    );
    if (list || after !== before) {
      descriptor.value = after;
      changed = true;
    }
  }
  return changed ? Object.create(Object.getPrototypeOf(value), descriptors) : value;
}

function isWithheld(entry: unknown, withheld: ReadonlySet<string>): boolean {
  const name = definitionName(entry);
  return name !== undefined && withheld.has(name);
}

/** The name of a tool definition in a provider's shape; undefined when it is none. */
function definitionName(entry: unknown): string | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const inner: unknown = Object.hasOwn(entry, "function") ? Reflect.get(entry, "function") : entry;
  if (typeof inner !== "object" || inner === null) return undefined;
  const schema = ["inputSchema", "input_schema", "parameters"].some((key) =>
    Object.hasOwn(inner, key),
  );
  const name: unknown = Reflect.get(inner, "name");
  return schema && typeof name === "string" ? name : undefined;
}
