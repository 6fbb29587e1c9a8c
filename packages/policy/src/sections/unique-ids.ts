import { formatPlace } from "../source/source-text.ts";
import type { Place } from "../source/source-text.ts";
import { quoted } from "../text/suggest.ts";
import type { Build } from "./build.ts";

/** Reports ids that occur twice, over all files. */
export function createIdCheck(
  what: string,
  { issues }: Build,
): (id: string, place: Place, path: readonly PropertyKey[]) => void {
  const places = new Map<string, Place>();
  return (id, place, path) => {
    const first = places.get(id);
    if (first === undefined) places.set(id, place);
    else
      issues.add(
        place,
        path,
        `The ${what} ${quoted(id)} occurs twice, first at ${formatPlace(first)}; give it another id.`,
      );
  };
}
