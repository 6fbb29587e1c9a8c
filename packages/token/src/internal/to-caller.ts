import type { DelegationHop, Grant, Party, Principal, VerifiedCaller } from "@portcullis/core";
import type { ActorKeys } from "../ports.ts";
import { mayUse } from "./read-call.ts";
import type { VerifiedLinks } from "./verify-links.ts";

/** Who a verified chain speaks for. Roles are not the token's to say: they are live. */
export async function toCaller(
  links: VerifiedLinks,
  actorKeys: ActorKeys | undefined,
): Promise<VerifiedCaller> {
  const { grant, leaf } = links;
  const { purpose } = grant.claims;
  return {
    principal: toPrincipal(links),
    session: leaf.claims.txn,
    delegation: await listHops(links, actorKeys),
    ...(purpose === undefined ? {} : { purpose }),
  };
}

function toPrincipal(links: VerifiedLinks): Principal {
  const { leaf } = links;
  const chain = leaf.claims.actors.map(toParty);
  const [agent] = chain;
  if (agent === undefined) throw new TypeError("A chain without an actor was taken.");
  return Object.freeze({
    agent,
    user: toParty(leaf.claims.sub),
    chain: Object.freeze(chain),
    ceiling: toCeiling(links),
  });
}

function toParty(id: string): Party {
  return Object.freeze({ id, roles: Object.freeze([]) });
}

/** What the last holder may use itself. */
function toCeiling(links: VerifiedLinks): readonly Grant[] {
  const grants = [...links.leaf.claims.tools].flatMap(([tool, args]): readonly Grant[] => {
    if (!mayUse(links, tool)) return [];
    return [Object.freeze(args === "any" ? { tool } : { tool, args })];
  });
  return Object.freeze(grants);
}

async function listHops(
  { links }: VerifiedLinks,
  actorKeys: ActorKeys | undefined,
): Promise<readonly DelegationHop[]> {
  const hops = await Promise.all(
    links.map(async ({ claims, thumbprint }, depth): Promise<DelegationHop> => {
      const actor = claims.actors[0] ?? "";
      // The issuer stands for the name in the grant.
      const confirmed = depth === 0 || (await isKnownKey(actorKeys, { actor, thumbprint }));
      return Object.freeze({ actor, tokenId: claims.jti, keyThumbprint: thumbprint, confirmed });
    }),
  );
  return Object.freeze(hops.toReversed());
}

async function isKnownKey(
  actorKeys: ActorKeys | undefined,
  { actor, thumbprint }: { readonly actor: string; readonly thumbprint: string },
): Promise<boolean> {
  if (actorKeys === undefined) return false;
  try {
    return (await actorKeys.find(actor)).includes(thumbprint);
  } catch {
    // A name that cannot be confirmed stays a claim.
    return false;
  }
}
