import { createGuardRegistry } from "@portcullis/core";
import type { GuardRegistry } from "@portcullis/core";

/** Transports, clients and servers that a guard protects. */
export const guarded: GuardRegistry = createGuardRegistry();
