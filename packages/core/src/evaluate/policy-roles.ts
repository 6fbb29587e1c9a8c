import type { PolicyDocument } from "../policy-document.ts";
import type { Party, Principal } from "../principal.ts";

type Roles = PolicyDocument["roles"];

/**
 * Adds the roles that a policy gives to agents and users by id to those that the host stated.
 *
 * Gives the same principal back where nothing is added.
 */
export function withPolicyRoles(
  principal: Principal,
  document: Pick<PolicyDocument, "roles">,
): Principal {
  const names = Object.keys(document.roles);
  if (names.length === 0) return principal;
  const add = (party: Party, kind: "agents" | "users"): Party =>
    withRoles(party, rolesOf(document.roles, names, { id: party.id, kind }));
  const chain = principal.chain.map((actor) => add(actor, "agents"));
  const agent = add(principal.agent, "agents");
  const user = principal.user === undefined ? undefined : add(principal.user, "users");
  const isSame =
    agent === principal.agent &&
    user === principal.user &&
    chain.every((actor, index) => actor === principal.chain[index]);
  if (isSame) return principal;
  const { ceiling } = principal;
  const base = { agent, chain: Object.freeze(chain), ceiling };
  return Object.freeze(user === undefined ? base : { ...base, user });
}

function rolesOf(
  roles: Roles,
  names: readonly string[],
  member: { readonly id: string; readonly kind: "agents" | "users" },
): readonly string[] {
  return names.filter((name) => roles[name]?.[member.kind]?.includes(member.id) === true);
}

function withRoles(party: Party, added: readonly string[]): Party {
  const missing = added.filter((role) => !party.roles.includes(role));
  if (missing.length === 0) return party;
  return Object.freeze({ id: party.id, roles: Object.freeze([...party.roles, ...missing]) });
}
