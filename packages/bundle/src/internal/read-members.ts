import type { Json, JsonObject } from "@portcullis/core";
import type { PortcullisError } from "@portcullis/core";
import { isJsonObject } from "./canonical-document.ts";
import { readTime } from "./time-text.ts";

/** Names and channels. */
export const NAME: RegExp = /^[a-z0-9][a-z0-9-]{0,62}$/;
/** Digests as documents write them. */
export const DIGEST: RegExp = /^sha256:[0-9a-f]{64}$/;
/** RFC 7638 SHA-256 thumbprints. */
export const KEY_ID: RegExp = /^[A-Za-z0-9_-]{43}$/;

/** Reads the members of a document; every reader throws what `refuse` makes of a problem. */
export interface MemberReader {
  has(name: string): boolean;
  text(name: string, form?: RegExp): string;
  /** Whole, not negative, and exact in every reader. */
  count(name: string, least?: number): number;
  /** Milliseconds since the epoch. */
  time(name: string): number;
  object(name: string): MemberReader;
  texts(name: string, form?: RegExp): readonly string[];
  objects(name: string): readonly MemberReader[];
  /** Members of an object whose names are data, such as keys by thumbprint. */
  entries(name: string): readonly (readonly [string, Json])[];
  names(): readonly string[];
}

/** What becomes of a problem: a sentence that names the member and no value. */
export type Refuse = (problem: string) => PortcullisError;

/** Makes a reader for one object of a document. */
export function createMemberReader(object: JsonObject, path: string, refuse: Refuse): MemberReader {
  const at = (name: string): string => (path === "" ? name : `${path}.${name}`);
  const fail = (name: string, wanted: string): never => {
    throw refuse(`\`${at(name)}\` must be ${wanted}.`);
  };
  const member = (name: string): Json | undefined =>
    Object.hasOwn(object, name) ? object[name] : undefined;
  const list = (name: string): readonly Json[] => {
    const value = member(name);
    return Array.isArray(value) ? value : fail(name, "an array");
  };
  return {
    has: (name) => Object.hasOwn(object, name),
    text(name, form) {
      const value = member(name);
      if (typeof value !== "string" || form?.test(value) === false) {
        return fail(name, form === undefined ? "a text" : "a text of its form");
      }
      return value;
    },
    count(name, least = 0) {
      const value = member(name);
      return typeof value === "number" && Number.isSafeInteger(value) && value >= least
        ? value
        : fail(name, `a whole number from ${least}`);
    },
    time(name) {
      const value = member(name);
      const time = typeof value === "string" ? readTime(value) : undefined;
      return time ?? fail(name, "a time, YYYY-MM-DDTHH:MM:SSZ");
    },
    object(name) {
      const value = member(name);
      return isJsonObject(value)
        ? createMemberReader(value, at(name), refuse)
        : fail(name, "an object");
    },
    texts(name, form) {
      return list(name).map((item) =>
        typeof item === "string" && form?.test(item) !== false
          ? item
          : fail(name, "an array of texts of their form"),
      );
    },
    objects(name) {
      return list(name).map((item, index) =>
        isJsonObject(item)
          ? createMemberReader(item, `${at(name)}[${index}]`, refuse)
          : fail(name, "an array of objects"),
      );
    },
    entries(name) {
      const value = member(name);
      return isJsonObject(value) ? Object.entries(value) : fail(name, "an object");
    },
    names: () => Object.keys(object),
  };
}
