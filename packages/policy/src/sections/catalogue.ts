import type { FactDeclaration, Json, JsonObject, ToolEntry } from "@portcullis/core";
import { matchShape } from "../shape/read-shape.ts";
import { toolShape } from "../shape/tool-shape.ts";
import type { FactSource, ToolSource } from "../shape/tool-shape.ts";
import { locate, placeOf, placeOfKey, toPlain } from "../source/located.ts";
import { formatPlace } from "../source/source-text.ts";
import type { Place } from "../source/source-text.ts";
import { didYouMean, listed, quoted } from "../text/suggest.ts";
import { typeOfSchema } from "../types/schema-type.ts";
import type { ToolTypes } from "../types/root-types.ts";
import { DYN } from "../types/type.ts";
import type { Type } from "../types/type.ts";
import { compileArgumentPath, compileArgumentPointer, typeAt } from "./argument-path.ts";
import type { Build, Part, ReadFile } from "./build.ts";
import { membersOf, originKey, scalarOf } from "./build.ts";
import { readSchemaSource } from "./schema-source.ts";

/** One tool of the catalogue. */
export interface CatalogueEntry {
  readonly name: string;
  readonly types: ToolTypes;
  /** Absent where the entry has problems, which were reported. */
  readonly entry?: ToolEntry;
}

/** The catalogue by tool name. */
export type Catalogue = ReadonlyMap<string, CatalogueEntry>;

/** Unites and compiles the tools of all files; a tool that occurs twice is reported. */
export async function compileCatalogue(
  files: readonly ReadFile[],
  build: Build,
): Promise<Catalogue> {
  const catalogue = new Map<string, CatalogueEntry>();
  const places = new Map<string, Place>();
  for (const part of files.flatMap((file) => membersOf(file, "tools"))) {
    const { name, file, path } = part;
    const holder = file.content.entries.get("tools")?.value;
    const place = holder?.kind === "map" ? placeOfKey(holder, name) : part.located;
    const first = places.get(name);
    if (first !== undefined) {
      build.issues.add(
        place,
        path,
        `The tool ${quoted(name)} is declared twice, first at ${formatPlace(first)}; remove one.`,
      );
      continue;
    }
    places.set(name, place);
    const problem = nameProblem(name);
    if (problem !== undefined) build.issues.add(place, path, problem);
    build.origins.set(originKey(["tools", name]), { located: part.located, path });
    catalogue.set(name, await compileTool(part, build));
  }
  const parts = files.flatMap((file) => membersOf(file, "tools"));
  checkSources(catalogue, parts, build);
  const [main] = files;
  if (
    catalogue.size === 0 &&
    main !== undefined &&
    build.unread.size === 0 &&
    !files.some(({ content }) => content.entries.has("tools"))
  ) {
    build.issues.add(
      { ...main.content, end: main.content.start },
      ["tools"],
      "`tools` is missing; write the catalogue of tools: a tool that is not in it is denied.",
    );
  }
  return catalogue;
}

/** What is wrong with a tool's name, if anything. */
function nameProblem(name: string): string | undefined {
  if (name.length > 256 || !/^[^\p{C}\p{Z}\s]+$/u.test(name)) {
    return "A tool's name is a text of at most 256 printable characters without white space.";
  }
  if (!/^mcp(-method)?:/.test(name)) return undefined;
  return /^mcp(-method)?:[a-z0-9][a-z0-9-]*\/.+$/.test(name)
    ? undefined
    : "An MCP tool is written `mcp:<configured server>/<tool>`, the server in `a-z 0-9 -`.";
}

async function compileTool(
  part: Part & { readonly name: string },
  build: Build,
): Promise<CatalogueEntry> {
  const { name, located, file, path } = part;
  const source = matchShape(toolShape, located);
  const input = locate(located, ["input"]);
  const schema =
    input === undefined
      ? undefined
      : await readSchemaSource({ file, located: input, path: [...path, "input"] }, build);
  if (schema !== undefined) {
    build.origins.set(originKey(["tools", name, "input"]), {
      located: schema.located,
      path: schema.path,
    });
  }
  const args = schema === undefined ? DYN : typeOfArguments(schema.schema);
  if (args === undefined) {
    const place = schema?.located ?? located;
    build.issues.add(
      place,
      schema?.path ?? path,
      "The schema of a tool's input describes an object: write `type: object`.",
    );
  }
  const bare: ToolTypes = { name, args: args ?? DYN, facts: {} };
  if (source === undefined || schema === undefined || args === undefined) {
    return {
      name,
      types: {
        ...bare,
        ...(located.kind === "map" && located.entries.has("resource") ? { resourceId: DYN } : {}),
      },
    };
  }
  const facts = compileFacts(source, { part, args, build });
  const resource = compileResource(source, { part, types: bare, build });
  return {
    name,
    types: { ...bare, facts, ...(resource === undefined ? {} : { resourceId: resource.type }) },
    entry: toEntry(source, {
      exempt: compilePlaces(["flow", "exempt"], source.flow?.exempt ?? [], {
        part,
        types: bare,
        build,
        refusal:
          "Only a text or number can be exempt; name the id itself, in a list with `*`: `/ids/*`.",
      }),
      from: compileFrom(source, { part, types: bare, build }),
      restore: compilePlaces(["restore"], source.restore ?? [], {
        part,
        types: bare,
        build,
        refusal:
          "Placeholders are put back in texts; name the argument itself, in a list with `*`: `/cards/*`.",
      }),
      name,
      input: schema.schema,
      facts,
      ...(resource === undefined ? {} : { resource: resource.entry }),
    }),
  };
}

function typeOfArguments(schema: Json): Type | undefined {
  const type = typeOfSchema(schema, "args");
  if (type.kind === "object" || type.kind === "map") return type;
  // A combination of object schemas, all of which are objects.
  return type.kind === "union" && type.of.every(({ kind }) => kind === "object" || kind === "map")
    ? type
    : undefined;
}

function toEntry(
  source: ToolSource,
  parts: {
    readonly name: string;
    readonly input: Json;
    readonly exempt: readonly string[];
    readonly from: Readonly<Record<string, readonly string[]>>;
    readonly restore: readonly string[];
    readonly facts: ToolTypes["facts"];
    readonly resource?: ToolEntry["resource"];
  },
): ToolEntry {
  const isMcp = /^mcp(-method)?:/.test(parts.name);
  return {
    class: source.class,
    sensitivity: source.sensitivity ?? "internal",
    reversible: source.reversible ?? false,
    origin: isMcp ? "mcp" : "local",
    input: parts.input,
    ...(parts.resource === undefined ? {} : { resource: parts.resource }),
    result: {
      labels: [...new Set(source.result?.labels ?? (isMcp ? ["untrusted"] : []))],
      ...(source.result?.maxBytes === undefined ? {} : { maxBytes: source.result.maxBytes }),
    },
    ...(source.pin === undefined ? {} : { pin: source.pin }),
    ...(source.facts === undefined ? {} : { facts: parts.facts }),
    ...toFlow(parts),
    ...(parts.restore.length === 0 ? {} : { restore: parts.restore }),
  };
}

function compileResource(
  source: ToolSource,
  { part, types, build }: { readonly part: Part; readonly types: ToolTypes; readonly build: Build },
): { readonly entry: NonNullable<ToolEntry["resource"]>; readonly type: Type } | undefined {
  const scalar = scalarOf(locate(part.located, ["resource"]), "id");
  if (source.resource === undefined || scalar === undefined) return undefined;
  const path = [...part.path, "resource", "id"];
  const id = compileArgumentPath(scalar, { tools: [types], build, path });
  if (id === undefined) return undefined;
  const found = typeAt(types.args, id.path);
  return { entry: { type: source.resource.type, id }, type: found.ok ? found.type : DYN };
}

/** Arguments that a list of the entry names; each is one value, never a list or all arguments. */
function compilePlaces(
  name: readonly string[],
  places: readonly string[],
  {
    part,
    types,
    build,
    refusal,
  }: {
    readonly part: Part;
    readonly types: ToolTypes;
    readonly build: Build;
    readonly refusal: string;
  },
): readonly string[] {
  const pointers = places.flatMap((_, index) => {
    const inner = [...name, index];
    const scalar = locate(part.located, inner);
    if (scalar?.kind !== "scalar") return [];
    const path = [...part.path, ...inner];
    const found = compileArgumentPointer(scalar, { tools: [types], build, path });
    if (found === undefined) return [];
    if (found.types.some((type) => !isSingle(type))) {
      build.issues.add(scalar, path, refusal);
      return [];
    }
    return [found.pointer];
  });
  return [...new Set(pointers)];
}

/** Where arguments may come from, by pointer of the argument. */
function compileFrom(
  source: ToolSource,
  { part, types, build }: { readonly part: Part; readonly types: ToolTypes; readonly build: Build },
): Readonly<Record<string, readonly string[]>> {
  const from = new Map<string, readonly string[]>();
  const holder = locate(part.located, ["flow", "from"]);
  for (const [name, sources] of Object.entries(source.flow?.from ?? {})) {
    const place = holder?.kind === "map" ? placeOfKey(holder, name) : part.located;
    const path = [...part.path, "flow", "from", name];
    const scalar = { ...place, kind: "scalar", value: name, style: "plain" } as const;
    const found = compileArgumentPointer(scalar, { tools: [types], build, path });
    if (found !== undefined) from.set(found.pointer, sources);
    sources.forEach((text, index) => {
      if (/^[^#]+#(\/([^/~]|~[01])*)+$/.test(text)) return;
      build.issues.add(
        placeOf(part.located, ["flow", "from", name, index]),
        [...path, index],
        "Write a tool and a place in its results, such as `read_bill#/iban` or `list_bills#/*/iban`.",
      );
    });
  }
  return Object.fromEntries(from);
}

/** Reports arguments that may come from tools which are not in the catalogue. */
function checkSources(catalogue: Catalogue, parts: readonly Part[], build: Build): void {
  for (const { located, path } of parts) {
    const from = locate(located, ["flow", "from"]);
    if (from?.kind !== "map") continue;
    for (const [argument, { value }] of from.entries) {
      if (value.kind !== "list") continue;
      value.items.forEach((item, index) => {
        const text = item.kind === "scalar" ? String(item.value) : "";
        const tool = text.slice(0, Math.max(0, text.indexOf("#")));
        if (tool === "" || catalogue.has(tool)) return;
        const near = didYouMean(tool, catalogue.keys()) || ".";
        const inner = [...path, "flow", "from", argument, index];
        build.issues.add(item, inner, `There is no tool ${quoted(tool)}${near}`);
      });
    }
  }
}

function toFlow({
  exempt,
  from,
}: Pick<Parameters<typeof toEntry>[1], "exempt" | "from">): Pick<ToolEntry, "flow"> {
  const hasSources = Object.keys(from).length > 0;
  if (exempt.length === 0 && !hasSources) return {};
  return {
    flow: {
      ...(exempt.length === 0 ? {} : { exempt }),
      ...(hasSources ? { from } : {}),
    },
  };
}

function isSingle(type: Type): boolean {
  if (type.kind === "union") return type.of.every(isSingle);
  return !["object", "map", "list", "dyn"].includes(type.kind);
}

function compileFacts(
  source: ToolSource,
  { part, args, build }: { readonly part: Part; readonly args: Type; readonly build: Build },
): ToolTypes["facts"] {
  const facts: Record<string, FactDeclaration> = {};
  for (const [name, fact] of Object.entries(source.facts ?? {})) {
    const declaration = compileFact(fact, { part, name, args, build });
    if (declaration !== undefined) facts[name] = declaration;
  }
  return facts;
}

function compileFact(
  fact: FactSource,
  {
    part,
    name,
    args,
    build,
  }: { readonly part: Part; readonly name: string; readonly args: Type; readonly build: Build },
): FactDeclaration | undefined {
  const { issues, providers } = build;
  const path = [...part.path, "facts", name];
  const placeAt = (member: string): Place => placeOf(part.located, ["facts", name, member]);
  const provider = providers.get(fact.type);
  if (provider === undefined) {
    const near =
      didYouMean(fact.type, providers.keys()) ||
      (providers.size === 0 ? "." : `; there are ${listed(providers.keys())}.`);
    issues.add(
      placeAt("type"),
      [...path, "type"],
      `No fact provider ${quoted(fact.type)} was given to the compiler; pass it in \`facts\`${near}`,
    );
    return undefined;
  }
  const problem = pointerProblem(fact.at, args);
  if (problem !== undefined) {
    issues.add(placeAt("at"), [...path, "at"], problem);
    return undefined;
  }
  const options = optionsOf(part, name);
  try {
    provider.prepare(options ?? {});
  } catch {
    issues.add(
      placeAt("options"),
      [...path, "options"],
      `The fact ${quoted(fact.type)} does not accept these options.`,
    );
    return undefined;
  }
  return {
    type: `${provider.type}@${provider.version}`,
    at: fact.at,
    ...(options === undefined ? {} : { options }),
    ...(fact.optional === undefined ? {} : { optional: fact.optional }),
  };
}

function optionsOf(part: Part, name: string): JsonObject | undefined {
  const options = locate(part.located, ["facts", name, "options"]);
  if (options?.kind !== "map") return undefined;
  return Object.fromEntries([...options.entries].map(([key, { value }]) => [key, toPlain(value)]));
}

function pointerProblem(at: string, args: Type): string | undefined {
  if (at === "") return undefined;
  if (!/^(\/([^/~]|~[01])*)+$/.test(at))
    return "Write an RFC 6901 pointer into the arguments, such as `/url`.";
  const segments = at
    .slice(1)
    .split("/")
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (segments.filter((segment) => segment === "*").length > 1)
    return "A pointer has at most one `*`.";
  const found = typeAt(args, segments);
  return found.ok ? undefined : found.message;
}
