import * as loaded from "@portcullis/ai-sdk";

if (Object.keys(loaded).length === 0) throw new Error("@portcullis/ai-sdk exports nothing");
