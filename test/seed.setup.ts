import fc from "fast-check";

// An ordinary run generates the same cases every time, so that a landing never depends on luck;
// the long run generates new ones.
if (process.env["PORTCULLIS_LONG"] !== "1") fc.configureGlobal({ seed: 20_261_120 });
