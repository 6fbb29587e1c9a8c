import type { Rule } from "@portcullis/core";
import { compileCondition } from "../cel/compile-condition.ts";
import { matchShape } from "../shape/read-shape.ts";
import { brokenRuleShape, ruleShape } from "../shape/rule-shape.ts";
import type { RuleSource } from "../shape/rule-shape.ts";
import { locate, placeOf } from "../source/located.ts";
import { formatPlace } from "../source/source-text.ts";
import type { Part, ReadFile } from "./build.ts";
import { entriesOf, originKey, scalarOf } from "./build.ts";
import { compileObligation } from "./obligations.ts";
import { requireRole } from "./roles.ts";
import { conditionContext } from "./surroundings.ts";
import type { Surroundings } from "./surroundings.ts";
import { resolveToolChoice } from "./tool-choice.ts";
import { createIdCheck } from "./unique-ids.ts";

/** Unites and compiles the rules of all files, in their order. */
export function compileRules(
  files: readonly ReadFile[],
  surroundings: Surroundings,
): readonly Rule[] {
  const { build } = surroundings;
  const checkId = createIdCheck("rule", build);
  return files
    .flatMap((file) => entriesOf(file, "rules"))
    .flatMap((part, index) => {
      build.origins.set(originKey(["rules", index]), part);
      const id = scalarOf(part.located, "id");
      if (typeof id?.value === "string") {
        checkId(id.value, id, [...part.path, "id"]);
        const [kept = ""] = /^(?:flow|style):/.exec(id.value) ?? [];
        if (kept !== "") {
          const section = kept === "flow:" ? "flow:" : "styles:";
          const message = `Ids that begin with \`${kept}\` are those of \`${section}\`; choose another one.`;
          build.issues.add(id, [...part.path, "id"], message);
        }
      }
      const source = matchShape(ruleShape, part.located);
      if (source !== undefined) return [compileRule(source, part, surroundings)];
      // Its form was reported; what else is wrong with it is looked for as well.
      const broken = matchShape(brokenRuleShape, part.located);
      if (broken !== undefined) compileRule(broken, part, surroundings);
      return [];
    });
}

function compileRule(source: RuleSource, part: Part, surroundings: Surroundings): Rule {
  const { build, catalogue } = surroundings;
  const { located, path } = part;
  const { names, entries } = resolveToolChoice(source.tools, { located, path, catalogue, build });
  const when = scalarOf(located, "when");
  const condition =
    when === undefined || (names !== undefined && entries.length === 0)
      ? undefined
      : compileCondition(when, conditionContext(surroundings, entries, [...path, "when"]));
  const agents = partiesOf(source, part, surroundings);
  checkRoleNames(source.users, "users", { part, surroundings });
  const obligations = source.obligations?.flatMap((obligation, index) =>
    compileObligation(obligation, {
      located: locate(located, ["obligations", index]) ?? located,
      path: [...path, "obligations", index],
      entries,
      surroundings,
    }),
  );
  return {
    id: source.id,
    effect: source.effect,
    ...(agents === undefined ? {} : { agents }),
    ...(source.users === undefined ? {} : { users: source.users }),
    ...(names === undefined ? {} : { tools: names }),
    ...(condition === undefined ? {} : { when: condition }),
    ...(obligations === undefined ? {} : { obligations }),
    ...(source.message === undefined ? {} : { message: source.message }),
    ...(source.hint === undefined ? {} : { hint: source.hint }),
    ...(source.mode === undefined ? {} : { mode: source.mode }),
    at: formatPlace(when ?? placeOf(located, ["id"])),
    ...(source.when === undefined ? {} : { text: source.when }),
  };
}

/** `agents` and, as `role:<name>`, `roles`; a rule holds for any of them. */
function partiesOf(
  source: RuleSource,
  part: Part,
  surroundings: Surroundings,
): readonly string[] | undefined {
  checkRoleNames(source.agents, "agents", { part, surroundings });
  source.roles?.forEach((role, index) => {
    const place = placeOf(part.located, ["roles", index]);
    const { roles, build } = surroundings;
    requireRole(role, { place, path: [...part.path, "roles", index], roles, build });
  });
  if (source.agents === undefined && source.roles === undefined) return undefined;
  const short = (source.roles ?? []).map((role) => `role:${role}`);
  return [...new Set([...(source.agents ?? []), ...short])];
}

function checkRoleNames(
  parties: readonly string[] | undefined,
  member: "agents" | "users",
  { part, surroundings }: { readonly part: Part; readonly surroundings: Surroundings },
): void {
  const { roles, build } = surroundings;
  parties?.forEach((party, index) => {
    if (!party.startsWith("role:")) return;
    const place = placeOf(part.located, [member, index]);
    requireRole(party.slice(5), { place, path: [...part.path, member, index], roles, build });
  });
}
