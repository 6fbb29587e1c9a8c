/** How one vector went on one entry point of one adapter. */
export interface MatrixRow {
  readonly id: string;
  readonly adapter: string;
  readonly entry: string;
  readonly status: "pass" | "fail" | "skip";
  readonly reason?: string;
}

const MARKS = { pass: "✓", fail: "✗", skip: "○" } as const;
const NOT_APPLICABLE = "·";

/** One row per vector and one numbered column per entry point, then the reasons. */
export function formatMatrix(rows: readonly MatrixRow[]): string {
  const entries = [...new Set(rows.map(nameOf))].toSorted();
  const ids = [...new Set(rows.map(({ id }) => id))];
  const head = entries.map((name, index) => `${String(index + 1).padStart(3)}  ${name}`);
  const table = ids.map((id) => {
    const marks = entries.map((name) => {
      const row = rows.find((candidate) => candidate.id === id && nameOf(candidate) === name);
      return (row === undefined ? NOT_APPLICABLE : MARKS[row.status]).padStart(3);
    });
    return `${id.padEnd(5)}${marks.join("")}`;
  });
  const reasons = rows
    .filter(({ status }) => status !== "pass")
    .map(
      (row) => `${MARKS[row.status]} ${row.id} ${nameOf(row)}: ${row.reason ?? "no reason given"}`,
    );
  const count = (status: MatrixRow["status"]): number =>
    rows.filter((row) => row.status === status).length;
  const numbers = `     ${entries.map((_, index) => String(index + 1).padStart(3)).join("")}`;
  const summary = `${count("pass")} pass, ${count("fail")} fail, ${count("skip")} left out with a reason; ${NOT_APPLICABLE} does not apply`;
  return `${[...head, "", numbers, ...table, "", ...reasons, summary].join("\n")}\n`;
}

function nameOf({ adapter, entry }: MatrixRow): string {
  return `${adapter}: ${entry}`;
}
