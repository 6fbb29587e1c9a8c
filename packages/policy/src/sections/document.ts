import type { PolicyDocument } from "@portcullis/core";
import { matchShape } from "../shape/read-shape.ts";
import { policyShape } from "../shape/policy-shape.ts";
import { approvalShape } from "../shape/approval-shape.ts";
import { locate } from "../source/located.ts";
import { typeOfSchema } from "../types/schema-type.ts";
import { DYN } from "../types/type.ts";
import { DEFAULT_APPROVAL, compileApproval } from "./approval.ts";
import { originKey } from "./build.ts";
import type { Build, ReadFile } from "./build.ts";
import { compileCatalogue } from "./catalogue.ts";
import type { Catalogue } from "./catalogue.ts";
import { compileFlow, withLabels } from "./flow.ts";
import { compileLimits } from "./limits.ts";
import { checkSchemas } from "./check-schemas.ts";
import { confirmDocument } from "./confirm.ts";
import { readFiles } from "./read-files.ts";
import { compileRisk } from "./risk.ts";
import { compileRoles } from "./roles.ts";
import { compileRules } from "./rules.ts";
import type { SchemaPart } from "./schema-source.ts";
import { readSchemaSource } from "./schema-source.ts";
import { compileStyles } from "./styles.ts";
import type { Surroundings } from "./surroundings.ts";

/** Compiles all files of a policy; what is wrong is in the build's issues. */
export async function compileDocument(build: Build): Promise<PolicyDocument | undefined> {
  const files = await readFiles(build);
  const main = files.find(({ isMain }) => isMain);
  if (main === undefined) return undefined;

  const roles = compileRoles(files, build);
  const catalogue = await compileCatalogue(files, build);
  const context = await readContext(main, build);
  const declared = new Set(Object.keys(roles));
  const surroundings: Surroundings = {
    build,
    catalogue,
    roles: declared,
    roots: {
      roles: declared,
      tools: new Set(catalogue.keys()),
      ...argumentNames(catalogue),
      context: context === undefined ? DYN : typeOfSchema(context.schema, "context"),
    },
    approval: approvalDefaults(main, declared, build),
  };
  const rules = compileRules(files, surroundings);
  const styles = compileStyles(files, surroundings, rules.length);
  const flow = compileFlow(main, surroundings, rules.length + styles.length);
  const limits = compileLimits(files, surroundings);
  const risk = compileRisk(main, surroundings);

  await checkSchemas(catalogue, context, build);

  const source = matchShape(policyShape, main.content);
  if (source === undefined || build.issues.count() > 0) return undefined;
  const document: PolicyDocument = {
    ast: 1,
    name: source.name,
    serial: 0,
    identity: source.identity ?? "token",
    mode: source.mode ?? "enforce",
    roles,
    tools: Object.fromEntries(
      [...catalogue.values()].flatMap(({ name, entry }) =>
        entry === undefined ? [] : [[name, withLabels(entry, flow.labels.get(name))]],
      ),
    ),
    rules: [...rules, ...styles, ...flow.rules],
    limits,
    risk,
    approval: surroundings.approval,
    audit: {
      level: source.audit?.level ?? "basic",
      ...(source.audit?.sink === undefined ? {} : { sink: source.audit.sink }),
    },
    ...(context === undefined ? {} : { context: context.schema }),
  };
  return confirmDocument(document, main.content, build);
}

async function readContext(main: ReadFile, build: Build): Promise<SchemaPart | undefined> {
  const located = locate(main.content, ["context"]);
  if (located === undefined) return undefined;
  const part = await readSchemaSource({ file: main, located, path: ["context"] }, build);
  if (part !== undefined) build.origins.set(originKey(["context"]), part);
  return part;
}

/** Names of all arguments, unless some tool takes any. */
function argumentNames(catalogue: Catalogue): { readonly arguments?: ReadonlySet<string> } {
  const names = new Set<string>();
  for (const { types } of catalogue.values()) {
    if (types.args.kind !== "object" || types.args.rest !== undefined) return {};
    for (const name of types.args.names) names.add(name);
  }
  return { arguments: names };
}

function approvalDefaults(
  main: ReadFile,
  roles: ReadonlySet<string>,
  build: Build,
): PolicyDocument["approval"] {
  const located = locate(main.content, ["approval"]);
  const source = located === undefined ? undefined : matchShape(approvalShape, located);
  if (located === undefined || source === undefined) return DEFAULT_APPROVAL;
  return compileApproval(source, {
    located,
    path: ["approval"],
    defaults: DEFAULT_APPROVAL,
    roles,
    build,
  });
}
