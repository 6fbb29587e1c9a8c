import { PortcullisError } from "@portcullis/core/errors";

if (PortcullisError.isInstance(new Error("not ours"))) throw new Error("brand too wide");
