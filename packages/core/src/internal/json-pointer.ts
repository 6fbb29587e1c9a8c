/** Writes property names and indexes as an RFC 6901 pointer; `""` for no segment. */
export function toPointer(segments: readonly (string | number)[]): string {
  return segments.map((segment) => `/${escapeSegment(String(segment))}`).join("");
}

/** Escapes one property name for use in an RFC 6901 pointer. */
export function escapeSegment(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** The pointer of one member of what `pointer` names. */
export function memberPointer(pointer: string, name: string | number): string {
  return `${pointer}/${escapeSegment(String(name))}`;
}
