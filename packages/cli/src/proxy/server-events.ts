import { MOST_CHARACTERS } from "./message-lines.ts";

/** The data of each event of a `text/event-stream`, in order. */
export async function* readServerEvents(
  body: ReadableStream<Uint8Array>,
  { maxCharacters = MOST_CHARACTERS }: { readonly maxCharacters?: number } = {},
): AsyncGenerator<string> {
  let rest = "";
  let data: string[] = [];
  let length = 0;
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith("data:")) {
        const value = line.slice("data:".length).replace(/^ /, "");
        data.push(value);
        length += value.length;
      } else if (line === "" && data.length > 0) {
        const event = data.join("\n");
        data = [];
        length = 0;
        if (event !== "") yield event;
      }
    }
    if (rest.length + length > maxCharacters) {
      throw new RangeError("A message is longer than the proxy takes.");
    }
  }
}
