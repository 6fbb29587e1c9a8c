const POINTER = /^(?:\/(?:[^/~]|~[01])*)*$/;
const MAX_POINTER = 1024;

/** Reads an RFC 6901 pointer as its segments; undefined when it is none. */
export function parsePointer(pointer: string): readonly string[] | undefined {
  if (pointer.length > MAX_POINTER || !POINTER.test(pointer)) return undefined;
  const [, ...segments] = pointer.split("/");
  return segments.map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}
