export { readStrictJson } from "@portcullis/core";
export type { StrictJsonCode } from "@portcullis/core";
