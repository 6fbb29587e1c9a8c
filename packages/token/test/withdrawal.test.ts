import { expect, test } from "vitest";
import { createMemoryRevocationView, NOTHING_REVOKED } from "../src/index.ts";
import { createJwksSource } from "../src/jose.ts";
import { createWorld, present } from "./support/forge.ts";

const GRANT = "01a1f840-41cc-7a5a-b1d7-dc783f71cdad";

test("a revoked grant of an issuer whose clock is ahead stays revoked to its last second", async () => {
  const world = await createWorld();
  const revocation = createMemoryRevocationView({ snapshot: NOTHING_REVOKED, clock: world.clock });
  const verifier = world.verifier({ revocation });
  const { now } = world;
  const chain = await world.chain({
    isShort: true,
    payloads: {
      grant: (claims: object) => ({ ...claims, iat: now + 2, exp: now + 902 }),
      call: (claims: object) => ({ ...claims, iat: now + 899, exp: now + 902 }),
    },
  });
  revocation.revoke({ jti: GRANT });
  world.clock.setWall((now + 902.5) * 1000);
  revocation.revoke({ jti: "some-other-token-000001" });
  expect(await present(verifier, chain)).not.toBe("ok");
});

test("an answer that was on its way when a key was withdrawn is not believed", async () => {
  const world = await createWorld();
  let served: object = { keys: [{ kid: "stolen", kty: "OKP" }] };
  let release: (() => void) | undefined;
  let isSlow = true;
  let fetches = 0;
  const load = async (): Promise<Response> => {
    fetches += 1;
    const body = JSON.stringify(served);
    if (isSlow) {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    }
    return new Response(body, { status: 200 });
  };
  const source = createJwksSource({
    url: "https://login.example/jwks",
    fetch: load,
    clock: world.clock,
  });
  const first = source.find("stolen");
  await expect.poll(() => fetches).toBe(1);
  served = { keys: [] };
  isSlow = false;
  source.reload();
  release?.();
  await first;
  expect(await source.find("stolen")).toBeUndefined();
});
