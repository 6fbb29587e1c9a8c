import type { Vector } from "../vector.ts";
import { APPROVAL_VECTORS } from "./approvals.ts";
import { ARGUMENT_VECTORS } from "./arguments.ts";
import { CALL_VECTORS } from "./calls.ts";
import { FAILURE_VECTORS } from "./failures.ts";
import { IDENTITY_VECTORS } from "./identity.ts";
import { RESULT_VECTORS } from "./results.ts";

/** Every vector, by id. Ids are permanent; new vectors append. */
export const VECTORS: readonly Vector[] = [
  ...CALL_VECTORS,
  ...ARGUMENT_VECTORS,
  ...FAILURE_VECTORS,
  ...IDENTITY_VECTORS,
  ...APPROVAL_VECTORS,
  ...RESULT_VECTORS,
].toSorted((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)));
