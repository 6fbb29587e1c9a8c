import type { PolicyDocument } from "@portcullis/core";
import { matchShape } from "../shape/read-shape.ts";
import { roleShape } from "../shape/policy-shape.ts";
import { formatPlace } from "../source/source-text.ts";
import { placeOfKey } from "../source/located.ts";
import type { Place } from "../source/source-text.ts";
import { didYouMean, listed, quoted } from "../text/suggest.ts";
import type { Build, ReadFile } from "./build.ts";
import { membersOf, originKey } from "./build.ts";

/** Unites the roles of all files; a role declared twice is reported. */
export function compileRoles(files: readonly ReadFile[], build: Build): PolicyDocument["roles"] {
  const { issues } = build;
  const roles = new Map<string, PolicyDocument["roles"][string]>();
  const places = new Map<string, Place>();
  for (const part of files.flatMap((file) => membersOf(file, "roles"))) {
    const { name, file, path, located } = part;
    const holder = file.content.entries.get("roles")?.value;
    const place = holder?.kind === "map" ? placeOfKey(holder, name) : located;
    const first = places.get(name);
    if (first !== undefined) {
      issues.add(
        place,
        path,
        `The role ${quoted(name)} is declared twice, first at ${formatPlace(first)}; unite them.`,
      );
      continue;
    }
    places.set(name, place);
    if (!ROLE.test(name) || name.length > 256) {
      issues.add(
        place,
        path,
        "A role is a text of printable characters without white space or `:`.",
      );
    }
    build.origins.set(originKey(["roles", name]), { located, path });
    const role = matchShape(roleShape, located);
    roles.set(name, {
      ...(role?.users === undefined ? {} : { users: role.users }),
      ...(role?.agents === undefined ? {} : { agents: role.agents }),
    });
  }
  return Object.fromEntries(roles);
}

const ROLE = /^[^\p{C}\p{Z}\s:]+$/u;

/** Reports a role that is not declared. */
export function requireRole(
  role: string,
  {
    place,
    path,
    roles,
    build,
  }: {
    readonly place: Place;
    readonly path: readonly PropertyKey[];
    readonly roles: ReadonlySet<string>;
    readonly build: Build;
  },
): void {
  if (roles.has(role) || build.unread.size > 0) return;
  const near =
    didYouMean(role, roles) ||
    (roles.size === 0
      ? "; declare it under `roles`, `{}` if its members come from the host."
      : `; there are ${listed(roles)}. Declare it under \`roles\`, \`{}\` if its members come from the host.`);
  build.issues.add(place, path, `The role ${quoted(role)} is not declared${near}`);
}
