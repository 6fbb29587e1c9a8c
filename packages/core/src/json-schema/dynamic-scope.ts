import type { SchemaPlace, SchemaRegistry, SchemaResource } from "./schema-document.ts";
import { ownMember, resolveReference } from "./schema-document.ts";

/** For each dynamic anchor the outermost place that carries it (2020-12 Core §7.1). */
export type DynamicScope = ReadonlyMap<string, SchemaPlace>;

/** The scope inside a resource that was entered from another one. */
export function enterScope(scope: DynamicScope, resource: SchemaResource): DynamicScope {
  const added = [...resource.dynamicAnchors].filter(([name]) => !scope.has(name));
  return added.length === 0 ? scope : new Map([...scope, ...added]);
}

/** The schemas that `$ref` and `$dynamicRef` of a place apply to the same value. */
export function findTargets(
  place: SchemaPlace,
  scope: DynamicScope,
  registry: SchemaRegistry,
): readonly (SchemaPlace | undefined)[] {
  if (typeof place.schema === "boolean") return [];
  const targets: (SchemaPlace | undefined)[] = [];
  const fixed = ownMember(place.schema, "$ref");
  if (typeof fixed === "string") targets.push(resolveReference(place, fixed, registry));
  const dynamic = ownMember(place.schema, "$dynamicRef");
  if (typeof dynamic === "string") {
    const first = resolveReference(place, dynamic, registry);
    const name = dynamic.slice(dynamic.indexOf("#") + 1);
    // Only a reference that first meets a dynamic anchor looks outward.
    const isDynamic = first !== undefined && first.resource.dynamicAnchors.get(name) === first;
    targets.push(isDynamic ? (scope.get(name) ?? first) : first);
  }
  return targets;
}
