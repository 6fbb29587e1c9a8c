import type { DecisionSink } from "@portcullis/core";

/**
 * One sink that writes every record to all of them, in this order. A record counts as written when
 * all have it; one that fails rejects it, after the others had their turn.
 */
export function combineSinks(sinks: readonly DecisionSink[]): DecisionSink {
  return {
    async write(record) {
      const results = await Promise.allSettled(
        sinks.map(async (sink) => {
          await sink.write(record);
        }),
      );
      const failed = results.find((result) => result.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    },
  };
}
