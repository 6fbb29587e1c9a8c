/** A JSON value (RFC 8259) that nobody may change. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object that nobody may change; read its members with `Object.hasOwn` first. */
export interface JsonObject {
  readonly [name: string]: Json;
}
