import { StringDecoder } from "node:string_decoder";

/** Longest message in characters that a proxy takes, in either direction. */
export const MOST_CHARACTERS: number = 64 * 1024 * 1024;

/** Splits what arrives into lines; throws where one is longer than a message may be. */
export function createLineReader(
  take: (line: string) => void,
  { maxCharacters = MOST_CHARACTERS }: { readonly maxCharacters?: number } = {},
): (chunk: Uint8Array) => void {
  const decoder = new StringDecoder("utf8");
  let parts: string[] = [];
  let length = 0;
  return (chunk) => {
    const [first = "", ...rest] = decoder.write(Buffer.from(chunk)).split("\n");
    parts.push(first);
    length += first.length;
    for (const next of rest) {
      const line = parts.join("").trimEnd();
      parts = [next];
      length = next.length;
      if (line !== "") take(line);
    }
    if (length > maxCharacters) throw new RangeError("A message is longer than the proxy takes.");
  };
}
