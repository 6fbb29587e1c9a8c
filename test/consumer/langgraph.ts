import * as loaded from "@portcullis/langgraph";

if (Object.keys(loaded).length === 0) throw new Error("@portcullis/langgraph exports nothing");
