import * as loaded from "portcullis";

if (Object.keys(loaded).length === 0) throw new Error("portcullis exports nothing");
